"""What the topics should be, from the table and the settings."""

from __future__ import annotations

from stream.broker.layout import Found, compare, wanted
from stream.config import load
from stream.topics import TABLE

SETTINGS = load(env={"CHURNWATCH_TOPICS__PARTITIONS": "6", "CHURNWATCH_TOPICS__PREFIX": "x."})


def as_wanted(**changed: Found) -> dict[str, Found]:
    fit = {want.name: Found(want.partitions, want.replication, dict(want.configs), {}) for want in wanted(SETTINGS)}
    return {**fit, **{f"x.{name}": found for name, found in changed.items()}}


def of(name: str):
    return next(want for want in wanted(SETTINGS) if want.topic.name == name)


def test_customer_keyed_topics_share_the_configured_count_and_broadcasts_keep_theirs():
    assert {want.partitions for want in wanted(SETTINGS) if want.topic.co_partitioned} == {6}
    assert of("models").partitions == 1
    assert [want.name for want in wanted(SETTINGS)] == [f"x.{topic.name}" for topic in TABLE]


def test_compacted_topics_have_no_retention_and_deleted_ones_no_compaction():
    for want in wanted(SETTINGS):
        assert ("retention.ms" in want.configs) == (want.topic.cleanup == "delete")
        assert ("max.compaction.lag.ms" in want.configs) == (want.topic.cleanup == "compact")


def test_the_changelog_keeps_tombstones_as_long_as_a_store_may_be_away():
    settings = load(env={"CHURNWATCH_ENGINE__STORE_MAX_AGE_MS": "12345"})
    changelog = next(want for want in wanted(settings) if want.name == "state-changelog")
    assert changelog.configs["delete.retention.ms"] == "12345"
    assert float(changelog.configs["min.cleanable.dirty.ratio"]) < 0.5


def test_three_replicas_ask_for_two_in_sync():
    settings = load(env={"CHURNWATCH_TOPICS__REPLICATION": "3"})
    assert {want.configs["min.insync.replicas"] for want in wanted(settings)} == {"2"}


def test_a_cluster_as_wanted_has_no_mismatch():
    assert compare(wanted(SETTINGS), as_wanted()) == []


def test_numbers_and_lists_are_compared_by_what_they_mean():
    changelog = of("state-changelog")
    same = {**changelog.configs, "min.cleanable.dirty.ratio": "0.10"}
    assert compare(wanted(SETTINGS), as_wanted(**{"state-changelog": Found(6, 1, same, {})})) == []


def test_each_difference_is_reported_with_what_mends_it():
    alerts = of("alerts")
    wrong = {**alerts.configs, "cleanup.policy": "compact", "retention.ms": "5"}
    found = compare(wanted(SETTINGS), as_wanted(alerts=Found(6, 1, wrong, {})))
    assert [(mismatch.what, mismatch.found, mismatch.applies) for mismatch in found] == [
        ("cleanup.policy", "compact", True),
        ("retention.ms", "5", True),
    ]
    assert all("churnwatch topics apply" in str(mismatch) for mismatch in found)


def test_too_few_replicas_are_reported_and_more_are_welcome():
    settings = load(env={"CHURNWATCH_TOPICS__REPLICATION": "2"})
    wants = wanted(settings)
    held = {want.name: Found(want.partitions, 3, dict(want.configs), {}) for want in wants}
    assert compare(wants, held) == []
    [mismatch] = compare(wants, {**held, "alerts": Found(8, 1, held["alerts"].configs, {})})
    assert (mismatch.what, mismatch.applies) == ("replication", False)


def test_one_topic_of_another_count_is_told_apart_from_a_layout_of_another_count():
    balances = Found(5, 1, dict(of("balances").configs), {})
    [odd] = compare(wanted(SETTINGS), as_wanted(balances=balances))
    assert "co-partitioning" in odd.what
    assert "1 with 5" in odd.what
    assert not odd.applies
    everywhere = {
        want.name: Found(5 if want.topic.co_partitioned else 1, 1, dict(want.configs), {}) for want in wanted(SETTINGS)
    }
    assert {"topics.partitions = 5" in mismatch.mend for mismatch in compare(wanted(SETTINGS), everywhere)} == {True}

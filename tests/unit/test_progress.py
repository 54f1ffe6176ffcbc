"""Long work in a log: a line now and then, not one for each record and not none at all."""

from __future__ import annotations

from stream.cli.progress import LOG_EVERY_S, logged, reporting


def test_a_log_gets_a_line_once_in_a_while_with_how_far_it_is():
    now, lines = 100.0, []
    done = logged("learning", 5_000, lines.append, lambda: now)
    done(10)
    assert lines == []
    now += LOG_EVERY_S
    done(1_234)
    done(1_300)
    assert lines == ["learning: 1,234 of 5,000 after 30 s"]
    now += LOG_EVERY_S + 1
    done(5_000)
    assert lines[1:] == ["learning: 5,000 of 5,000 after 61 s"]


def test_where_the_whole_is_not_known_only_the_count_is_told():
    times, lines = iter([0.0, 40.0]), []
    logged("reading", None, lines.append, lambda: next(times))(7_000)
    assert lines == ["reading: 7,000 after 40 s"]


def test_a_quick_piece_of_work_says_nothing_where_nobody_watches(capsys):
    with reporting() as (shown, watch):
        assert list(shown("reading", range(3_000))) == list(range(3_000))
        watch("learning", 10)(10)
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", "")

"""Every table of the store. A new one is imported here, or neither the migrations nor the retention know of it."""

from stream.desk.store.base import Base
from stream.desk.store.tables.access import Audit, Session, SignIn
from stream.desk.store.tables.customers import Assignment, CustomerEvent, Profile, ProfileCircle, ProfileProduct
from stream.desk.store.tables.kafka import Lease, Outbox, Position
from stream.desk.store.tables.notify import Notice, WebhookAttempt, WebhookDelivery, WebhookEndpoint, WebhookSecret
from stream.desk.store.tables.people import Branch, Preference, Staff
from stream.desk.store.tables.pushing import Holdback, Push, PushCounter, PushDay, Storm
from stream.desk.store.tables.reporting import ImportedList, ImportedRow, MonthlyFigure
from stream.desk.store.tables.warnings import Alert, Episode, EpisodeReceiver
from stream.desk.store.tables.work import Action, Approval, Contact, Escalation, Note, Referral, Task, Timer

__all__ = [
    "Action",
    "Alert",
    "Approval",
    "Assignment",
    "Audit",
    "Base",
    "Branch",
    "Contact",
    "CustomerEvent",
    "Episode",
    "EpisodeReceiver",
    "Escalation",
    "Holdback",
    "ImportedList",
    "ImportedRow",
    "Lease",
    "MonthlyFigure",
    "Note",
    "Notice",
    "Outbox",
    "Position",
    "Preference",
    "Profile",
    "ProfileCircle",
    "ProfileProduct",
    "Push",
    "PushCounter",
    "PushDay",
    "Referral",
    "Session",
    "SignIn",
    "Staff",
    "Storm",
    "Task",
    "Timer",
    "WebhookAttempt",
    "WebhookDelivery",
    "WebhookEndpoint",
    "WebhookSecret",
]

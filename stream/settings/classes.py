"""The section `[classes]`: which classes there are, who is in them, and what is expected of them.

A scheme (`sme`, `retail`, `telecom`; more may be added) has the classes of one kind of customer. Which one somebody is
judged by says the segment, else `choose`, else `preset`. `[classes.CLASS]` changes a class in every scheme.
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from stream.domain.classes import UNKNOWN, Classes, Condition, Criteria, CustomerClass, Scheme
from stream.domain.figures import FIGURES
from stream.settings.section import Section


class Bounds(Section):
    """One condition: a figure and its bounds, money in base currency units; yes is 1 and no is 0."""

    figure: str = Field(description="one of stream.domain.figures")
    at_least: float | None = Field(None, ge=-1e15, le=1e15, description="the figure is this or more")
    above: float | None = Field(None, ge=-1e15, le=1e15, description="the figure is more")
    at_most: float | None = Field(None, ge=-1e15, le=1e15, description="the figure is this or less")
    below: float | None = Field(None, ge=-1e15, le=1e15, description="the figure is less")
    or_unknown: bool = Field(False, description="true: holds while the figure is not known")

    @field_validator("figure")
    @classmethod
    def _known(cls, value: str) -> str:
        if value not in FIGURES:
            raise ValueError(f"no such figure; there are {', '.join(sorted(FIGURES))}")
        return value

    @model_validator(mode="after")
    def _bounded(self) -> Bounds:
        lows = [n for n in (self.at_least, self.above) if n is not None]
        highs = [n for n in (self.at_most, self.below) if n is not None]
        if not lows and not highs:
            raise ValueError(f"{self.figure} needs a bound: at_least, above, at_most or below")
        if lows and highs and max(lows) > min(highs):
            raise ValueError(f"{self.figure} can never be at least {max(lows):g} and at most {min(highs):g}")
        return self

    def bound(self, scale: int) -> Condition:
        """Return the condition; `scale`: minor units of a base unit."""
        figure = FIGURES[self.figure]
        by = scale if figure.unit == "money" else 1
        low, above, high, below = (
            None if bound is None else bound * by for bound in (self.at_least, self.above, self.at_most, self.below)
        )
        return Condition(figure.ask, low, above, high, below, self.or_unknown)


class WhoFits(Section):
    """Criteria: all of `when`, and one of `any` where it is given."""

    when: tuple[Bounds, ...] = Field((), description="every one of these holds")
    any: tuple[Bounds, ...] = Field((), description="and one of these, where there are some")

    def criteria(self, scale: int) -> Criteria:
        """Return the criteria; `scale`: minor units of a base unit."""
        return Criteria(tuple(b.bound(scale) for b in self.when), tuple(b.bound(scale) for b in self.any))


class ClassOf(WhoFits):
    """One class of a scheme."""

    contact_days: int = Field(0, ge=0, le=3660, description="an RM reaches them within so many days; 0 = no standard")
    floor: float = Field(0, ge=0, le=1e12, description="spend a month, at least, base currency units; 0 = none")
    weight: float = Field(1.0, ge=0, le=100, description="how much they count in the rank")


class Preset(Section):
    """One scheme."""

    order: tuple[str, ...] = Field((), description="classes with criteria, in the order in which they are tested")
    otherwise: str = Field(UNKNOWN.name, description="the class of who meets none")
    classes: dict[str, ClassOf] = Field(default_factory=dict, description="class -> what it is")

    @model_validator(mode="after")
    def _complete(self) -> Preset:
        there = f"there are {', '.join(self.classes)}"
        for name in self.order:
            if name not in self.classes:
                raise ValueError(f"order: no such class {name}; {there}")
            if not (self.classes[name].when or self.classes[name].any):
                raise ValueError(f"classes.{name}: needs criteria (when or any), because order has it")
        if self.otherwise not in self.classes and self.otherwise != UNKNOWN.name:
            raise ValueError(f"otherwise: no such class {self.otherwise}; {there}, {UNKNOWN.name}")
        for name, given in self.classes.items():
            if (given.when or given.any) and name not in self.order:
                raise ValueError(f"classes.{name}: has criteria, but order does not have it")
        return self


class Choice(WhoFits):
    """Who is judged by a scheme."""

    preset: str = Field(description="the scheme's name")


class EveryClass(Section):
    """What holds for a class whatever the scheme; left out = as the scheme has it."""

    contact_days: int | None = Field(None, ge=0, le=3660, description="as in a scheme")
    floor: float | None = Field(None, ge=0, le=1e12, description="as in a scheme")
    weight: float | None = Field(None, ge=0, le=100, description="as in a scheme")
    rules: dict[str, dict[str, Any]] = Field(default_factory=dict, description="rule -> its parameters for this class")


class CustomerClasses(BaseModel):
    """The section; every key that is none of its own is a class."""

    model_config = ConfigDict(frozen=True, extra="allow")
    __pydantic_extra__: dict[str, EveryClass] = Field(init=False)

    preset: str = Field("", description="scheme of customers whom nothing else gives one; empty = no class is derived")
    by_segment: dict[str, str] = Field(default_factory=dict, description="segment of the profile -> scheme")
    choose: tuple[Choice, ...] = Field((), description="without such a segment: the first that fits")
    presets: dict[str, Preset] = Field(default_factory=dict, description="scheme -> its classes")

    @model_validator(mode="after")
    def _named(self) -> CustomerClasses:
        there = f"there are {', '.join(sorted(self.presets)) or 'none'}"
        used = {"preset": self.preset, **{f"by_segment.{s}": name for s, name in self.by_segment.items()}}
        used |= {f"choose.{number}.preset": choice.preset for number, choice in enumerate(self.choose)}
        for key, name in used.items():
            if name not in self.presets and (name or key != "preset"):
                raise ValueError(f"{key}: no such preset; {there} (given: {name!r})")
        classes = {name for preset in self.presets.values() for name in preset.classes} | {UNKNOWN.name}
        for name in self.changed:
            if name not in classes:
                raise ValueError(f"{name}: is not a known key or class; there are {', '.join(sorted(classes))}")
        return self

    @property
    def changed(self) -> dict[str, EveryClass]:
        """Class -> what holds for it whatever the scheme."""
        return self.__pydantic_extra__ or {}

    def build(self, scale: int) -> Classes:
        """Return the classes; `scale`: minor units of a unit of the base currency."""
        schemes = {name: self._scheme(name, preset, scale) for name, preset in self.presets.items()}
        return Classes(
            {},
            self._class(UNKNOWN.name, ClassOf(), scale),
            scheme=schemes.get(self.preset),
            by_segment={segment: schemes[name] for segment, name in self.by_segment.items()},
            choose=tuple((choice.criteria(scale), schemes[choice.preset]) for choice in self.choose),
            overrides={name: given.rules for name, given in self.changed.items() if given.rules},
        )

    def _scheme(self, name: str, preset: Preset, scale: int) -> Scheme:
        classes = {known: self._class(known, given, scale) for known, given in preset.classes.items()}
        otherwise = classes.get(preset.otherwise) or self._class(preset.otherwise, ClassOf(), scale)
        tests = tuple((preset.classes[known].criteria(scale), classes[known]) for known in preset.order)
        return Scheme(name, tests, {**classes, otherwise.name: otherwise}, otherwise)

    def _class(self, name: str, given: ClassOf, scale: int) -> CustomerClass:
        over = self.changed.get(name) or EveryClass()
        floor = given.floor if over.floor is None else over.floor
        return CustomerClass(
            name,
            given.contact_days if over.contact_days is None else over.contact_days,
            round(floor * scale),
            given.weight if over.weight is None else over.weight,
        )

"""Memory policies by name. A policy is one file here plus one line in `POLICIES`.

Other packages add theirs under the entry-point group `samurai.policies` (name = module:Class).
"""

from __future__ import annotations

from importlib.metadata import entry_points

from samurai.errors import ConfigurationError
from samurai.policies.base import Policy
from samurai.policies.dam import DamPolicy
from samurai.policies.him2sam import Him2SamPolicy
from samurai.policies.mosam import MosamPolicy
from samurai.policies.sam2 import Sam2Policy
from samurai.policies.sam2long import Sam2LongPolicy
from samurai.policies.samurai import SamuraiPolicy
from samurai.policies.samurai_dam import SamuraiDamPolicy

POLICIES: dict[str, type[Policy]] = {
    policy.name: policy
    for policy in (
        Sam2Policy,
        SamuraiPolicy,
        DamPolicy,
        Him2SamPolicy,
        MosamPolicy,
        Sam2LongPolicy,
        SamuraiDamPolicy,
    )
}

ENTRY_POINTS = "samurai.policies"


def policy_names() -> list[str]:
    """Every policy that can be asked for, our own first."""
    return [*POLICIES, *(entry.name for entry in entry_points(group=ENTRY_POINTS))]


def policy_class(name: str) -> type[Policy]:
    """The policy called `name`; ConfigurationError, listing the known ones, where there is none."""
    if name in POLICIES:
        return POLICIES[name]
    for entry in entry_points(group=ENTRY_POINTS):
        if entry.name == name:
            loaded = entry.load()
            if not (isinstance(loaded, type) and issubclass(loaded, Policy)):
                raise ConfigurationError(f"policy {name!r} ({entry.value}) isn't a samurai Policy")
            return loaded
    raise ConfigurationError(f"unknown policy {name!r}: choose one of {', '.join(policy_names())}")


__all__ = ["POLICIES", "Policy", "policy_class", "policy_names"]

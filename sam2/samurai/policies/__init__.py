"""Memory policies by name. A policy is one file here plus one line in `POLICIES`.

Other packages add theirs under the entry-point group `samurai.policies` (name = module:Class).
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import entry_points

from samurai.errors import ConfigurationError
from samurai.policies.base import Policy, PolicyContext
from samurai.policies.dam import DamPolicy
from samurai.policies.him2sam import Him2SamPolicy
from samurai.policies.memory_check import CheckedPolicy
from samurai.policies.mosam import MosamPolicy
from samurai.policies.parameters import Parameters, read_parameters
from samurai.policies.sam2 import Sam2Policy
from samurai.policies.sam2long import Sam2LongPolicy
from samurai.policies.sam3 import Sam3Policy
from samurai.policies.samurai import SamuraiPolicy
from samurai.policies.samurai_dam import SamuraiDamPolicy
from samurai.spelling import did_you_mean

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
        Sam3Policy,
    )
}

ENTRY_POINTS = "samurai.policies"


def policy_names() -> list[str]:
    """Names of all available policies, our own first."""
    return [*POLICIES, *(entry.name for entry in entry_points(group=ENTRY_POINTS))]


def policy_class(name: str) -> type[Policy]:
    """The policy called `name`; ConfigurationError, listing the known ones, where there is none."""
    if name in POLICIES:
        return POLICIES[name]
    for entry in entry_points(group=ENTRY_POINTS):
        if entry.name == name:
            try:
                loaded = entry.load()
            except (SyntaxError, ImportError, AttributeError) as error:
                raise ConfigurationError(
                    f"policy {name!r} can't be imported from {entry.value} "
                    f"({type(error).__name__}: {error}): correct its file, or uninstall it"
                ) from error
            if not (isinstance(loaded, type) and issubclass(loaded, Policy)):
                raise ConfigurationError(f"policy {name!r} ({entry.value}) isn't a samurai Policy")
            return loaded
    raise ConfigurationError(
        f"unknown policy {name!r}{did_you_mean(name, policy_names())}: choose one of "
        f"{', '.join(policy_names())}"
    )


@dataclass(frozen=True)
class PolicyChoice:
    """A policy and its parameters, as `SAMURAI_POLICY` names them.

    Attributes:
        name: of the policy.
        kind: its class.
        parameters: None for a policy that declares none.
        given: the parameters that were given, in the order of their declaration.
    """

    name: str
    kind: type[Policy]
    parameters: Parameters | None = None
    given: tuple[str, ...] = ()

    @classmethod
    def of(cls, text: str) -> PolicyChoice:
        """From `name` or `name:parameter=number,parameter=number`.

        Raises:
            ConfigurationError: an unknown policy or parameter, or a value that isn't allowed; the
                message lists the allowed ones.
        """
        name, colon, rest = text.partition(":")
        kind = policy_class(name.strip())
        texts: dict[str, str] = {}
        for part in rest.split(",") if colon else ():
            parameter, equals, value = (piece.strip() for piece in part.partition("="))
            if not equals or parameter in texts:
                raise ConfigurationError(
                    f"policy {text!r}: {part!r} is {'given twice' if equals else 'no parameter'}; "
                    "write policy:parameter=number,parameter=number"
                )
            texts[parameter] = value
        declared = kind.parameters_type
        if declared is None and not texts:
            return cls(name.strip(), kind)
        parameters = read_parameters(name.strip(), declared or Parameters, texts)
        given = tuple(each for each in parameters.__dataclass_fields__ if each in texts)
        return cls(name.strip(), kind, parameters, given)

    def __str__(self) -> str:
        values = ",".join(f"{each}={getattr(self.parameters, each)}" for each in self.given)
        return f"{self.name}:{values}" if values else self.name

    def policy(self, context: PolicyContext, memory_check: bool = False) -> Policy:
        """A fresh policy for one object. Without given parameters it is constructed with its
        context alone, as policies of other packages may expect.

        Args:
            memory_check: whether masks are checked before they are remembered, see
                `policies.memory_check`.
        """
        made = self.kind(context, self.parameters) if self.given else self.kind(context)
        return CheckedPolicy(made) if memory_check else made


__all__ = ["POLICIES", "Policy", "PolicyChoice", "policy_class", "policy_names"]

"""What a file's electronic signatures are worth as signatures of the form. Pure.

Each must hold: one that does not may be there to make the file look signed.
"""

from collections.abc import Sequence

from shared.events import ElectronicSignature, Reason, SignatureFault, SignatureState

_SURE = 0.99
_UNSURE = 0.5


def judge_electronic(
    signatures: Sequence[ElectronicSignature], asked_for: int
) -> tuple[tuple[tuple[SignatureState, float], ...], list[Reason]]:
    """Return the state and confidence of each signature that the form asks for, and all reasons.

    Two signatures by the same person are one. `signatures` must not be empty.
    """
    faults = {signature.fault for signature in signatures if signature.fault is not None}
    reasons = []
    if SignatureFault.UNTRUSTED in faults:
        reasons.append(Reason.E_SIGNATURE_UNTRUSTED)
    if faults - {SignatureFault.UNTRUSTED}:
        reasons.append(Reason.E_SIGNATURE_INVALID)
    if not reasons and len({signature.signatory for signature in signatures}) < asked_for:
        reasons.append(Reason.SIGNATURE_UNCLEAR)
    found = (SignatureState.UNCLEAR, _UNSURE) if reasons else (SignatureState.ELECTRONIC, _SURE)
    return (found,) * asked_for, reasons

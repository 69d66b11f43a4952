"""A peer against the issuer: the peer at its best setting, the two in turn."""

from contextlib import ExitStack

from bench.load.burst import Load
from bench.peers import authlib, node
from bench.peers.peer import Peer, serving
from bench.plan import Plan
from bench.report import Section, Wanted
from bench.series import interleave

PEERS = (node.PEER, authlib.PEER)


def measure(plan: Plan, section: Section, ours: Load) -> None:
    """Adds each peer's rotations, and ours over theirs."""
    for peer in PEERS:
        against(plan, section, peer, ours)


def against(plan: Plan, section: Section, peer: Peer, ours: Load) -> None:
    """Adds one peer's rotations, and ours over theirs; or why not."""
    missing = peer.missing()
    if missing:
        section.note(f"{peer.name}: not measured, {missing} is not installed (bench/peers)")
        return
    try:
        _contest(plan, section, peer, ours)
    except (RuntimeError, OSError) as error:
        section.note(f"{peer.name}: not measured: {str(error)[:300]}")


def _contest(plan: Plan, section: Section, peer: Peer, ours: Load) -> None:
    processes, connections = _best_setting(plan, peer)
    with serving(peer, processes, connections) as theirs:
        theirs.burst(plan.settle_seconds)
        series = interleave(
            {"ours": ours, "theirs": theirs}, plan.rounds, plan.peer_seconds, plan.warmup_seconds
        )
    section.load("the issuer (2 x 64)", series["ours"])
    section.load(f"{peer.name} ({processes} x {connections})", series["theirs"])
    ratio = series["ours"].ratio_to(series["theirs"])
    wanted = Wanted(peer.least, peer.aim)
    section.figure("  our rotations over theirs", ratio, f"{ratio:.1f}", wanted)


def _best_setting(plan: Plan, peer: Peer) -> tuple[int, int]:
    """The number of processes and of connections at which the peer does most."""
    if len(plan.peer_settings) == 1:
        return plan.peer_settings[0]
    rates: dict[tuple[int, int], float] = {}
    for processes in sorted({processes for processes, _ in plan.peer_settings}):
        with ExitStack() as stack:
            load: Load = stack.enter_context(serving(peer, processes, 64))
            load.burst(plan.settle_seconds)
            for connections in sorted({each for _, each in plan.peer_settings}):
                load.connections = connections
                rates[processes, connections] = load.burst(plan.peer_seconds).rps
    return max(rates, key=lambda setting: rates[setting])

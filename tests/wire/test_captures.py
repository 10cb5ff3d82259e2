# SPDX-License-Identifier: Apache-2.0
"""Real captures through relaysieved on pcap ports cross as `relaysieve replay` judges them."""

import signal
from pathlib import Path

import pcapfile
import pytest
import relaysieve
from lab.namespaces import wait_until
from wirelab import BOUND

CAPTURES = sorted((Path(__file__).parents[1] / "golden" / "captures").glob("*.pcap"))


@pytest.mark.parametrize("capture", CAPTURES, ids=lambda path: path.stem)
def test_pcap_ports_give_what_a_replay_gives(wire, capture):
    sent = pcapfile.read(capture)
    nothing, out, back = (wire.folder / name for name in ("nothing.pcap", "out.pcap", "back.pcap"))
    nothing.write_bytes(pcapfile.pack([]))
    wire.start(routers=f"vdev:net_pcap0,rx_pcap={capture},tx_pcap={back}",
               server=f"vdev:net_pcap1,rx_pcap={nothing},tx_pcap={out}")
    wait_until(lambda: wire.daemon.status()["totals"]["received"] == len(sent), "the capture's end", BOUND)
    received, forwarded, dropped, refused = wire.daemon.end(signal.SIGTERM)

    replayed = wire.folder / "replayed.pcap"
    done = relaysieve.run("replay", capture, "--forwarded", replayed, "--json")
    assert done.status == 0, done.err
    expected = [frame.data for frame in pcapfile.read(replayed)]
    assert [frame.data for frame in pcapfile.read(out)] == expected
    assert (received, forwarded, dropped, refused) == (len(sent), len(expected), len(sent) - len(expected), 0)
    assert pcapfile.read(back) == []

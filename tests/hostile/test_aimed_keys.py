# SPDX-License-Identifier: Apache-2.0
"""Clients whose hardware addresses an attacker has chosen so that they lie in a victim's bucket of the memory: if he knows
the key of the hashes, which `relaysieve replay` does not hide, and the daemon draws anew at each start.

A victim that has been pushed out of the memory loses its turn: it still asks after `turn_after`, and the copy that passes is
the same router's as before.
"""

import math
import random
import struct
import subprocess
import time

import frames
import pcapfile
import relaysieve
from intruder import only_honest_clients_are_served
from lab import relays, servers
from lab.box import Relaysieve, built
from lab.namespaces import wait_until
from lab.trials import furnish
from wirelab import Tap

AIM = built("relaysieved").parents[1] / "tests" / "hostile" / "aim"
SEED_OF_REPLAY = 1
CLIENTS = 2048  # the capacity
VICTIMS, KEYS, ROUNDS = 84, 24, 8  # of each kind; for each victim
TURN_AFTER = 1  # s
SETTINGS = f'clients = {CLIENTS}\nturn_after = "{TURN_AFTER}s"\n'
CHUNK = 32  # frames that a relay's socket surely has room for


def discover(chaddr):
    """A client's broadcast; always the same for the same client."""
    mac = chaddr.to_bytes(6, "big")
    bootp = struct.pack("!BBBBIHH16s16s192s", 1, 1, 6, 0, chaddr & 0xFFFFFFFF, 0, 0, b"", mac, b"") + bytes(
        (99, 130, 83, 99, 53, 1, 1, 255)) + bytes(60)
    return frames.ipv4(17, struct.pack("!HHHH", 68, 67, 8 + len(bootp), 0) + bootp, source="0.0.0.0", to="255.255.255.255",
                       dst=frames.EVERYONE, src=mac)


def random_clients(count):
    return [random.getrandbits(48) & ~0x010000000000 for _ in range(count)]


def aimed_at(victims):
    done = subprocess.run([AIM, str(SEED_OF_REPLAY), str(CLIENTS), str(4 * KEYS), *(f"{victim:x}" for victim in victims)],
                          input=frames.dhcp_request(1), stdout=subprocess.PIPE, check=True)
    # Others in each round: it always finds the same first.
    return [int(key, 16) for keys in done.stdout.splitlines() for key in random.sample(keys.split(), KEYS)]


def by_chance(victims):
    return random_clients(KEYS * len(victims))


def send(lab, tap, clients):
    """Broadcasts a request of each, and waits until both relays have brought them all."""
    _, wan, _ = lab.captures
    brought = len(wan.messages)
    for at in range(0, len(clients), CHUNK):
        chunk = clients[at:at + CHUNK]
        tap.send(*map(discover, chunk))
        brought += 2 * len(chunk)
        wait_until(lambda: len(wan.messages) >= brought, lambda: f"{brought} copies; {len(wan.messages)} came")


def forgotten(frames_through, victims):
    """How many victims' second transmission passed through the same router as the first."""
    routers = {victim: [] for victim in victims}
    for frame in frames_through:
        chaddr = int.from_bytes(frame[70:76], "big")
        if chaddr in routers:
            routers[chaddr].append(frame[66:70])  # giaddr
    twice = [each for each in routers.values() if len(each) == 2]  # but for false positives and over_capacity
    assert len(twice) >= 0.9 * len(victims), "of each of two transmissions one copy"
    return sum(first == second for first, second in twice)


def play(lab, tap, keys_for):
    """Victims ask, the attacker asks, the victims ask again when it is another router's turn. How many of them had been
    forgotten by the daemon, and by a replay of the very same frames."""
    victims = random_clients(VICTIMS)
    lab.forget()
    send(lab, tap, victims)
    turn = time.monotonic() + TURN_AFTER
    send(lab, tap, keys_for(victims))
    wait_until(lambda: time.monotonic() > turn, "the other router's turn")
    send(lab, tap, victims)
    ledger = lab.ledger()
    capture, config = lab.folder / "round.pcap", lab.folder / "round.toml"
    capture.write_bytes(pcapfile.pack([pcapfile.frame(round(message.time * 1e9), message.frame) for message in ledger.at_wan]))
    config.write_text(SETTINGS)
    verdicts = relaysieve.replay(capture, lab.folder, "--config", config)
    through = [message.frame for message, verdict in zip(ledger.at_wan, verdicts) if verdict["verdict"] == "forward"]
    return forgotten((message.frame for message in ledger.at_server), victims), forgotten(through, victims)


def test_who_does_not_know_the_seed_does_no_better_than_chance(wakeful_lab, told):
    lab = wakeful_lab
    furnish(lab, relays.dhcrelay, relays.dnsmasq, servers.dnsmasq)
    only_honest_clients_are_served(lab.server)
    lab.put(Relaysieve(SETTINGS))
    tap = Tap(lab.host("attacker", "02:00:00:20:00:66"), "eth0")
    try:
        rounds = [(play(lab, tap, aimed_at), play(lab, tap, by_chance)) for _ in range(ROUNDS)]
    finally:
        tap.close()
    (aimed, aimed_known), (chance, chance_known) = ([sum(each) / (ROUNDS * VICTIMS) for each in zip(*kind)] for kind in zip(*rounds))
    told(f"of {ROUNDS * VICTIMS} victims, {KEYS} keys for each, forgotten: seed known (replay) {aimed_known:.0%}, random keys "
         f"{chance_known:.0%}; seed not known (daemon) {aimed:.0%}, random keys {chance:.0%}")
    deviation = math.sqrt(max(chance * (1 - chance), 0.01) * 2 / (ROUNDS * VICTIMS))
    assert aimed_known > chance_known + 4 * deviation, "then there is no trouble to show"
    assert aimed <= chance + 4 * deviation
    assert 4 * deviation < chance, "then he may do twice as well as chance and not be seen"

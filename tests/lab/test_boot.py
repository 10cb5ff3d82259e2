# SPDX-License-Identifier: Apache-2.0
"""Every client boots; without relaysieve the server gets each request twice, with it once."""

import pytest

from . import relays, servers
from .box import Bridge, Relaysieve
from .clients import Dhclient, Ipxe, Udhcpc
from .trials import furnish, kill, trial

CLIENTS = 5  # of which Kea must offer one two addresses: where its threads meet, both may take the same


@pytest.mark.parametrize("relay_a, relay_b, server, kind", [
    (relays.dhcrelay, relays.dhcrelay, servers.dnsmasq, Udhcpc),
    (relays.dhcrelay, relays.dhcrelay, servers.dnsmasq, Ipxe),
    (relays.dhcrelay, relays.dnsmasq, servers.dhcpd, Dhclient),
    (relays.dnsmasq, relays.dnsmasq, servers.kea, Udhcpc),
    (relays.dhcrelay_with_option_82, relays.dhcrelay, servers.kea, Dhclient),
])
def test_the_server_gets_each_request_once(lab, relay_a, relay_b, server, kind):
    furnish(lab, relay_a, relay_b, server)
    lab.put(Bridge())
    trial(lab, 2, kind)
    lab.put(Relaysieve())
    trial(lab, 1, kind)


def test_many_clients_at_once(lab):
    furnish(lab, relays.dhcrelay, relays.dnsmasq, servers.dnsmasq)
    lab.put(Bridge())
    trial(lab, 2, *[Udhcpc] * 8, *[Dhclient] * 4)
    lab.put(Relaysieve())
    trial(lab, 1, *[Udhcpc] * 8, *[Dhclient] * 4)


def test_without_router_b_there_is_no_trouble_to_show(lab):
    """The other tests' first half is no empty show: it fails where there is only one copy."""
    furnish(lab, relays.dhcrelay, relays.dhcrelay, servers.dnsmasq)
    lab.put(Bridge())
    kill(lab, "B")
    with pytest.raises(AssertionError, match="received 1 and not 2 of each"):
        trial(lab, 2, Udhcpc)
    trial(lab, 1, Udhcpc)


def test_kea_offers_one_address_and_not_two(lab):
    furnish(lab, relays.dhcrelay, relays.dhcrelay, servers.kea)
    lab.put(Bridge())
    for _ in range(CLIENTS):
        [client], ledger = trial(lab, 2, Udhcpc)
        offered = ledger.offered(client.mac)
        assert len(offered) == 2
        if len(set(offered)) == 2:
            break
    else:
        pytest.fail("two offers, but of one address")
    lab.put(Relaysieve())
    [client], ledger = trial(lab, 1, Udhcpc)
    assert ledger.offered(client.mac) == [client.boot.address]

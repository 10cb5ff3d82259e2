# SPDX-License-Identifier: Apache-2.0
"""The live lab: network namespaces with real relays, boot servers and clients around the box."""

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ports/loops.h"
#include "ports/stations.h"

namespace relaysieve {

// What a side of several ports takes: to know who is where, and what has been there already.
struct Junction {
  Stations stations;
  Loops loops;
};

}  // namespace relaysieve

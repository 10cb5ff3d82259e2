// SPDX-License-Identifier: Apache-2.0
#include "version.h"

namespace relaysieve {

const char* const kVersion = RELAYSIEVE_VERSION;

}  // namespace relaysieve

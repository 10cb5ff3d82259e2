// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace relaysieve {

extern const char* const kVersion;  // of this program

}  // namespace relaysieve

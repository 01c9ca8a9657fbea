#pragma once

namespace interlock::kernel {

/// 128 bits, which ISO C++ has no name for: keys of events, and work left.
__extension__ using Wide = unsigned __int128;

/// The same with a sign: sums of weighted virtual times.
__extension__ using SignedWide = __int128;

}  // namespace interlock::kernel

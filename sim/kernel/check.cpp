#include "sim/kernel/check.hpp"

namespace interlock::kernel {

void broken(const char* promise) { throw BrokenInvariant(promise); }

}  // namespace interlock::kernel

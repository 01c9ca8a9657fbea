#pragma once

// Functions that the C library may round as it likes, made from +, -, *, / and
// square roots alone, which IEEE 754 rounds in one way only. With
// -ffp-contract=off they give the same bits from every compiler and library.
//
// log, exp: the reductions and polynomials of fdlibm (e_log.c, e_exp.c; Sun
// Microsystems, 1993; "freely granted"), below one unit in the last place.
// normal_quantile: Wichura's algorithm AS 241, PPND16 (Applied Statistics 37,
// 1988), about 1e-16 relative.
//
// Left out: subnormal arguments of log are scaled, subnormal results of exp
// are rounded twice; nothing is said of errno and of floating-point flags.

#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace interlock::kernel {

namespace portable {

inline constexpr double ln2_high = 6.93147180369123816490e-01;
inline constexpr double ln2_low = 1.90821492927058770002e-10;
inline constexpr double infinity = std::numeric_limits<double>::infinity();
inline constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

/// Coefficients from the lowest power to the highest.
template <std::size_t N>
constexpr double polynomial(const std::array<double, N>& coefficients, double x) {
    double sum = coefficients[N - 1];
    for (std::size_t i = N - 1; i-- > 0;) sum = sum * x + coefficients[i];
    return sum;
}

/// 2^exponent, for a normal result.
constexpr double power_of_two(std::int64_t exponent) {
    return std::bit_cast<double>(static_cast<std::uint64_t>(exponent + 1023) << 52);
}

}  // namespace portable

/// x = 2^k (1 + f) with 1 + f from sqrt(1/2) to sqrt(2); s = f / (2 + f);
/// log(1 + f) = f - f^2/2 + s (f^2/2 + R(s^2)).
constexpr double log(double x) {
    if (x != x || x < 0) return portable::not_a_number;
    if (x == 0) return -portable::infinity;
    if (x == portable::infinity) return x;
    std::int64_t k = 0;
    if (x < std::numeric_limits<double>::min()) {
        x *= 0x1p54;
        k = -54;
    }
    constexpr std::uint64_t mantissa = (std::uint64_t{1} << 52) - 1;
    constexpr std::uint64_t one = std::uint64_t{1023} << 52;
    const auto bits = std::bit_cast<std::uint64_t>(x);
    k += static_cast<std::int64_t>(bits >> 52) - 1023;
    auto reduced = std::bit_cast<double>((bits & mantissa) | one);
    if (reduced > 1.4142135623730951) {
        reduced *= 0.5;
        ++k;
    }
    constexpr std::array series{6.666666666666735130e-01, 3.999999999940941908e-01,
                                2.857142874366239149e-01, 2.222219843214978396e-01,
                                1.818357216161805012e-01, 1.531383769920937332e-01,
                                1.479819860511658591e-01};
    const auto f = reduced - 1;
    const auto s = f / (2 + f);
    const auto z = s * s;
    const auto half_square = 0.5 * f * f;
    const auto rest = z * portable::polynomial(series, z);
    const auto power = static_cast<double>(k);
    return power * portable::ln2_high -
           ((half_square - (s * (half_square + rest) + power * portable::ln2_low)) - f);
}

/// x = k ln 2 + r; exp(r) = 1 + r + r c / (2 - c), c = r - r^2 P(r^2).
constexpr double exp(double x) {
    if (x != x) return x;
    if (x > 709.782712893383973096) return portable::infinity;
    if (x < -745.13321910194110842) return 0;
    constexpr double per_ln2 = 1.44269504088896338700;
    const auto k = static_cast<std::int64_t>(x * per_ln2 + (x < 0 ? -0.5 : 0.5));
    const auto power = static_cast<double>(k);
    const auto high = x - power * portable::ln2_high;
    const auto low = power * portable::ln2_low;
    const auto r = high - low;
    constexpr std::array series{1.66666666666666019037e-01, -2.77777777770155933842e-03,
                                6.61375632143793436117e-05, -1.65339022054652515390e-06,
                                4.13813679705723846039e-08};
    const auto square = r * r;
    const auto c = r - square * portable::polynomial(series, square);
    const auto y = 1 - ((low - r * c / (2 - c)) - high);
    // In two steps, for 2^k itself may be out of range where the product is not.
    return y * portable::power_of_two(k / 2) * portable::power_of_two(k - k / 2);
}

/// For x >= 0. The error grows with |y log x|: 1e-14 relative up to 60.
constexpr double pow(double x, double y) {
    if (y == 0 || x == 1) return 1;
    if (x == 0) return y > 0 ? 0 : portable::infinity;
    return exp(y * log(x));
}

/// The x that a standard normal variate is below with probability p.
inline double normal_quantile(double p) {
    constexpr std::array a{3.3871328727963666080e0,  1.3314166789178437745e+2,
                           1.9715909503065514427e+3, 1.3731693765509461125e+4,
                           4.5921953931549871457e+4, 6.7265770927008700853e+4,
                           3.3430575583588128105e+4, 2.5090809287301226727e+3};
    constexpr std::array b{1.0,
                           4.2313330701600911252e+1,
                           6.8718700749205790830e+2,
                           5.3941960214247511077e+3,
                           2.1213794301586595867e+4,
                           3.9307895800092710610e+4,
                           2.8729085735721942674e+4,
                           5.2264952788528545610e+3};
    constexpr std::array c{1.42343711074968357734e0,  4.63033784615654529590e0,
                           5.76949722146069140550e0,  3.64784832476320460504e0,
                           1.27045825245236838258e0,  2.41780725177450611770e-1,
                           2.27238449892691845833e-2, 7.74545014278341407640e-4};
    constexpr std::array d{1.0,
                           2.05319162663775882187e0,
                           1.67638483018380384940e0,
                           6.89767334985100004550e-1,
                           1.48103976427480074590e-1,
                           1.51986665636164571966e-2,
                           5.47593808499534494600e-4,
                           1.05075007164441684324e-9};
    constexpr std::array e{6.65790464350110377720e0,  5.46378491116411436990e0,
                           1.78482653991729133580e0,  2.96560571828504891230e-1,
                           2.65321895265761230930e-2, 1.24266094738807843860e-3,
                           2.71155556874348757815e-5, 2.01033439929228813265e-7};
    constexpr std::array f{1.0,
                           5.99832206555887937690e-1,
                           1.36929880922735805310e-1,
                           1.48753612908506148525e-2,
                           7.86869131145613259100e-4,
                           1.84631831751005468180e-5,
                           1.42151175831644588870e-7,
                           2.04426310338993978564e-15};
    if (p <= 0 || p >= 1) return p <= 0 ? -portable::infinity : portable::infinity;
    const auto q = p - 0.5;
    if (q >= -0.425 && q <= 0.425) {
        const auto r = 0.180625 - q * q;
        return q * portable::polynomial(a, r) / portable::polynomial(b, r);
    }
    const auto r = std::sqrt(-log(q < 0 ? p : 1 - p));
    const auto tail = r <= 5 ? portable::polynomial(c, r - 1.6) / portable::polynomial(d, r - 1.6)
                             : portable::polynomial(e, r - 5) / portable::polynomial(f, r - 5);
    return q < 0 ? -tail : tail;
}

}  // namespace interlock::kernel

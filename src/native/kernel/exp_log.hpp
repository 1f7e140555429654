// 2^x and log of a register, with an error below 2 ulp over the range that mixtures use.
//
// Mixtures are evaluated in powers of two, since then the distance to the nearest integer is exact.
// Coefficients were fitted at Chebyshev nodes in 50 digits (near-minimax); see docs/decisions.md.
#pragma once
#include "simd.hpp"

namespace mixtura::MIXTURA_LEVEL {

// Exponents are added to the bits of numbers as unsigned integers: an overflow is meant there, and is undefined of
// signed ones.

#if defined(__AVX512F__)
// 2^(i / 16), i = 0, ..., 15, in two registers; i << 48 is subtracted from their bits, for what exp2 adds to them.
alignas(64) constexpr long long SIXTEENTHS[16] = {
    0x3ff0000000000000, 0x3fefb5586cf9890f, 0x3fef72b83c7d517b, 0x3fef387a6e756238,
    0x3fef06fe0a31b715, 0x3feedea64c123422, 0x3feebfdad5362a27, 0x3feeab07dd485429,
    0x3feea09e667f3bcd, 0x3feea11473eb0187, 0x3feeace5422aa0db, 0x3feec49182a3f090,
    0x3feee89f995ad3ad, 0x3fef199bdd85529c, 0x3fef5818dcfba487, 0x3fefa4afa2a490da};

// 2^x for -1020 <= x <= 1020: x = n / 16 + r, |r| <= 1 / 32, and a polynomial of degree 6.
INLINE Vec<double> exp2(Vec<double> x) {
  using I = Vec<unsigned long long>;
  constexpr double SHIFT = 0x1.8p48;  // adding it leaves the nearest sixteenth, times 16, in the lowest bits
  Vec<double> shifted = x + SHIFT;
  Vec<double> r = x - (shifted - SHIFT);
  Vec<double> r2 = r * r;
  Vec<double> a = 0x1.62e42fefa39efp-1 + r * 0x1.ebfbdff82c58fp-3;
  Vec<double> b = 0x1.c6b08d6fa977ep-5 + r * 0x1.3b2ab6fb6d408p-7;
  Vec<double> c = 0x1.5d893efc88ae1p-10 + r * 0x1.4309f122619c9p-13;
  Vec<double> tail = a + r2 * (b + r2 * c);
  I power = bits<I>(_mm512_permutex2var_pd(bits<__m512d>(load(SIXTEENTHS)), bits<__m512i>(shifted),
                                           bits<__m512d>(load(SIXTEENTHS + 8))));
  Vec<double> scale = bits<Vec<double>>(power + (bits<I>(shifted) << 48));
  return scale + (scale * r) * tail;
}
#else
// 2^x for -1020 <= x <= 1020: x = n + r, |r| <= 1 / 2, and 2^r by a polynomial of degree 11.
INLINE Vec<double> exp2(Vec<double> x) {
  using I = Vec<unsigned long long>;
  constexpr double SHIFT = 0x1.8p52;  // adding it leaves the nearest integer in the lowest bits
  Vec<double> shifted = x + SHIFT;
  Vec<double> r = x - (shifted - SHIFT);
  Vec<double> r2 = r * r, r4 = r2 * r2;
  Vec<double> a = 0x1.ebfbdff82c591p-3 + r * 0x1.c6b08d704a0c0p-5;
  Vec<double> b = 0x1.3b2ab6fba385bp-7 + r * 0x1.5d87fe78a5dc3p-10;
  Vec<double> c = 0x1.4309130379f8bp-13 + r * 0x1.ffcbfc61f8673p-17;
  Vec<double> d = 0x1.62bfe45ac08ccp-20 + r * 0x1.b525087314718p-24;
  Vec<double> e = 0x1.e5ea03c5ae3cbp-28 + r * 0x1.e9bbe9e45e5a6p-32;
  Vec<double> tail = (a + r2 * b) + r4 * ((c + r2 * d) + r4 * e);
  Vec<double> value = 1.0 + (r * 0x1.62e42fefa39efp-1 + r2 * tail);
  return bits<Vec<double>>(bits<I>(value) + (bits<I>(shifted) << 52));
}
#endif

// 2^x in float32 for -124 <= x <= 124.
INLINE Vec<float> exp2(Vec<float> x) {
  using I = Vec<unsigned>;
  constexpr float SHIFT = 0x1.8p23f;
  Vec<float> shifted = x + SHIFT;
  Vec<float> r = x - (shifted - SHIFT);
  Vec<float> r2 = r * r;
  Vec<float> tail = (0.240226507f + r * 0.0555041098f) +
                    r2 * ((0.00961808256f + r * 0.00133335224f) + r2 * (0.000154531729f + r * 1.52909563e-05f));
  Vec<float> value = 1.0f + (r * 0.693147181f + r2 * tail);
  return bits<Vec<float>>(bits<I>(value) + (bits<I>(shifted) << 23));
}

// Integers of at most 2^51 as floating-point numbers, by way of the bits of 1.5 * 2^52.
INLINE Vec<double> number(Vec<long long> n) {
  return bits<Vec<double>>(n + 0x4338000000000000LL) - 0x1.8p52;
}

// The n for which sqrt(1/2) <= 2^-n x < sqrt(2), of normal x > 0.
INLINE Vec<long long> nearest_power(Vec<double> x) {
  constexpr long long HALF = 0x3fe6a09e667f3bcdLL;  // the bits of sqrt(1/2)
  return (bits<Vec<long long>>(x) - HALF) >> 52;
}

// log(1 + f) - f for sqrt(1/2) <= 1 + f < sqrt(2), from log m = 2 atanh((m - 1) / (m + 1)).
INLINE Vec<double> logarithm_less(Vec<double> f) {
  const Vec<double> s = f / (2.0 + f), z = s * s, z2 = z * z;
  const Vec<double> c = (0x1.7462b51cb66b1p-3 + z * 0x1.39fe51a7c18f9p-3) + z2 * 0x1.2b5900de53b32p-3;
  const Vec<double> b = 0x1.2492492df281ap-2 + z * 0x1.c71c62e3f11e6p-3;
  const Vec<double> series = (0x1.5555555555558p-1 + z * 0x1.99999999952d7p-2) + z2 * (b + z2 * c);
  // 2s = f - s f exactly, so the rounding of the division touches only the small second term.
  return s * (z * series - f);
}

// log(x) for normal x > 0.
INLINE Vec<double> logarithm(Vec<double> x) {
  const Vec<long long> n = nearest_power(x);
  const Vec<double> power = number(n), f = bits<Vec<double>>(bits<Vec<long long>>(x) - (n << 52)) - 1.0;
  return power * 0x1.62e42fec00000p-1 + (f + (logarithm_less(f) + power * 0x1.d1cf79abc9e3bp-32));
}

// log(1 + x) to base two for 0 <= x <= 1e300. The rounding of 1 + x does not matter when a power of two is taken out of
// it: s (1 + x) - 1 = s x + (s - 1).
#if defined(__AVX512F__)
// 1 / (1 + i / 16), i = 0, ..., 15, in two registers, with the bits of 1 added for what log2_1p subtracts from theirs;
// and minus the logarithms of these numbers.
alignas(64) constexpr unsigned long long INVERSES[16] = {
    0x7fe0000000000000, 0x7fde1e1e1e1e1e1e, 0x7fdc71c71c71c71c, 0x7fdaf286bca1af28,
    0x7fd999999999999a, 0x7fd8618618618618, 0x7fd745d1745d1746, 0x7fd642c8590b2164,
    0x7fd5555555555555, 0x7fd47ae147ae147b, 0x7fd3b13b13b13b14, 0x7fd2f684bda12f68,
    0x7fd2492492492492, 0x7fd1a7b9611a7b96, 0x7fd1111111111111, 0x7fd0842108421084};
alignas(64) constexpr double LOGS_OF_INVERSES[16] = {
    0.0, 0x1.663f6fac91318p-4, 0x1.5c01a39fbd68bp-3, 0x1.fbc16b902680dp-3,
    0x1.49a784bcd1b8ap-2, 0x1.91bba891f170ap-2, 0x1.d6753e032ea0ep-2, 0x1.0c10500d63aa7p-1,
    0x1.2b803473f7ad2p-1, 0x1.49a784bcd1b8bp-1, 0x1.66a008e4788cbp-1, 0x1.82809d5be7074p-1,
    0x1.9d5d9fd5010b4p-1, 0x1.b74948f5532dap-1, 0x1.d053f6d260897p-1, 0x1.e88c6b3626a73p-1};

// 1 + x = 2^n (1 + i / 16) (1 + r), -1 / 32 <= r <= 1 / 32, and a polynomial of degree 9.
INLINE Vec<double> log2_1p(Vec<double> x) {
  using I = Vec<unsigned long long>;
  constexpr unsigned long long SIXTEENTH = 1ULL << 48, EXPONENT = 0xfff0000000000000ULL;
  const I near = bits<I>(1.0 + x) + SIXTEENTH / 2;
  const __m512i i = bits<__m512i>(near >> 48);
  const I inverse =
      bits<I>(_mm512_permutex2var_epi64(bits<__m512i>(load(INVERSES)), i, bits<__m512i>(load(INVERSES + 8))));
  const Vec<double> log = _mm512_permutex2var_pd(load(LOGS_OF_INVERSES), i, load(LOGS_OF_INVERSES + 8));
  const Vec<double> s = bits<Vec<double>>(inverse - (near & EXPONENT)), r = x * s + (s - 1.0), r2 = r * r;
  const Vec<double> a = 0x1.71547652b82fep+0 - r * 0x1.71547652b82d4p-1;
  const Vec<double> b = 0x1.ec709dc3a03b2p-2 - r * 0x1.71547653cdacep-2;
  const Vec<double> c = 0x1.2776c50ff604cp-2 - r * 0x1.ec707e8d47cddp-3;
  const Vec<double> d = (0x1.a61746478cad5p-3 - r * 0x1.71fadd1f85c54p-3) + r2 * 0x1.48e25ac098bedp-3;
  return _mm512_getexp_pd(bits<Vec<double>>(near)) + (log + r * ((a + r2 * b) + (r2 * r2) * (c + r2 * d)));
}
#else
INLINE Vec<double> log2_1p(Vec<double> x) {
  constexpr double LOG2_E = 0x1.71547652b82fep+0;
  const Vec<long long> n = nearest_power(1.0 + x);
  const Vec<double> s = bits<Vec<double>>(0x3ff0000000000000LL - (n << 52)), f = s * x + (s - 1.0);
  return number(n) + LOG2_E * (f + logarithm_less(f));
}
#endif

INLINE Vec<float> logarithm(Vec<float> x) {
  using I = Vec<int>;
  constexpr int HALF = 0x3f3504f3;
  I n = (bits<I>(x) - HALF) >> 23;
  Vec<float> m = bits<Vec<float>>(bits<I>(x) - (n << 23));
  Vec<float> power = bits<Vec<float>>(n + 0x4b400000) - 0x1.8p23f;
  Vec<float> f = m - 1.0f;
  Vec<float> s = f / (2.0f + f), z = s * s;
  Vec<float> series = (0.66666667f + z * 0.40000122f) + z * z * (0.28550817f + z * 0.23330582f);
  Vec<float> small = s * (z * series - f) + power * 0x1.7f7d1cp-20f;
  return power * 0x1.62e400p-1f + (f + small);
}

}  // namespace mixtura::MIXTURA_LEVEL

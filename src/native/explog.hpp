// exp and log of a register, with an error below 2 ulp over the range that mixtures use.
//
// Coefficients were fitted at Chebyshev nodes in 50 digits (near-minimax); see docs/decisions.md.
#pragma once
#include "simd.hpp"

namespace mixtura::MIXTURA_LEVEL {

#if defined(__AVX512F__)
// exp(x) for -700 <= x <= 700: x = n log(2) / 16 + r; the sixteen powers 2^(i / 16) fit into two registers, which
// leaves |r| <= log(2) / 32, and a polynomial of degree 6.
alignas(64) constexpr double SIXTEENTHS[16] = {
    0x1.0000000000000p+0, 0x1.0b5586cf9890fp+0, 0x1.172b83c7d517bp+0, 0x1.2387a6e756238p+0,
    0x1.306fe0a31b715p+0, 0x1.3dea64c123422p+0, 0x1.4bfdad5362a27p+0, 0x1.5ab07dd485429p+0,
    0x1.6a09e667f3bcdp+0, 0x1.7a11473eb0187p+0, 0x1.8ace5422aa0dbp+0, 0x1.9c49182a3f090p+0,
    0x1.ae89f995ad3adp+0, 0x1.c199bdd85529cp+0, 0x1.d5818dcfba487p+0, 0x1.ea4afa2a490dap+0};

INLINE Vec<double> exponential(Vec<double> x) {
  using I = Vec<long long>;
  constexpr double SHIFT = 0x1.8p52;  // adding it leaves the nearest integer in the lowest bits
  Vec<double> shifted = x * 0x1.71547652b82fep+4 + SHIFT;
  Vec<double> n = shifted - SHIFT;
  Vec<double> r = x - n * 0x1.62e42fec00000p-5;  // exact: this part of log 2 has 31 bits
  r = r - n * 0x1.d1cf79abc9e3bp-36;
  Vec<double> r2 = r * r;
  Vec<double> a = 0.5 + r * 0x1.55555554dcc9bp-3;
  Vec<double> b = (0x1.55555555190f9p-5 + r * 0x1.11120b77051e7p-7) + r2 * 0x1.6c17bbd1f560ap-10;
  Vec<double> tail = r + r2 * (a + r2 * b);
  Vec<double> power = _mm512_permutex2var_pd(load(SIXTEENTHS), bits<__m512i>(shifted), load(SIXTEENTHS + 8));
  Vec<double> value = power + power * tail;
  return bits<Vec<double>>(bits<I>(value) + ((bits<I>(shifted) >> 4) << 52));
}
#else
// exp(x) for -700 <= x <= 700: x = n log 2 + r, |r| <= log(2) / 2, and exp(r) by a polynomial of degree 11.
INLINE Vec<double> exponential(Vec<double> x) {
  using I = Vec<long long>;
  constexpr double SHIFT = 0x1.8p52;  // adding it leaves the nearest integer in the lowest bits
  Vec<double> shifted = x * 0x1.71547652b82fep+0 + SHIFT;
  Vec<double> n = shifted - SHIFT;
  Vec<double> r = x - n * 0x1.62e42fec00000p-1;  // exact: this part of log 2 has 31 bits
  r = r - n * 0x1.d1cf79abc9e3bp-32;
  Vec<double> r2 = r * r, r4 = r2 * r2;
  Vec<double> a = 0x1.0000000000001p-1 + r * 0x1.5555555555556p-3;
  Vec<double> b = 0x1.5555555553d63p-5 + r * 0x1.11111111109b3p-7;
  Vec<double> c = 0x1.6c16c1788bd90p-10 + r * 0x1.a01a01a7c41d5p-13;
  Vec<double> d = 0x1.a019b90d2ae7ap-16 + r * 0x1.71de0dae63bb3p-19;
  Vec<double> e = 0x1.289185613a3d6p-22 + r * 0x1.af38a9b0ec855p-26;
  Vec<double> tail = (a + r2 * b) + r4 * ((c + r2 * d) + r4 * e);
  Vec<double> value = 1.0 + (r + r2 * tail);
  return bits<Vec<double>>(bits<I>(value) + (bits<I>(shifted) << 52));
}

#endif

// exp(x) in float32 for -86 <= x <= 86.
INLINE Vec<float> exponential(Vec<float> x) {
  using I = Vec<int>;
  constexpr float SHIFT = 0x1.8p23f;
  Vec<float> shifted = x * 0x1.715476p+0f + SHIFT;
  Vec<float> n = shifted - SHIFT;
  Vec<float> r = x - n * 0x1.62e400p-1f;
  r = r - n * 0x1.7f7d1cp-20f;
  Vec<float> r2 = r * r;
  Vec<float> tail = (0.5f + r * 0.16666667f) +
                    r2 * ((0.041666465f + r * 0.008333311f) + r2 * (0.001393365f + r * 0.00019890991f));
  Vec<float> value = 1.0f + (r + r2 * tail);
  return bits<Vec<float>>(bits<I>(value) + (bits<I>(shifted) << 23));
}

// log(x) for normal x > 0: x = 2^n m, sqrt(1/2) <= m < sqrt(2), and log m = 2 atanh((m - 1) / (m + 1)).
INLINE Vec<double> logarithm(Vec<double> x) {
  using I = Vec<long long>;
  constexpr long long HALF = 0x3fe6a09e667f3bcdLL;  // the bits of sqrt(1/2)
  I n = (bits<I>(x) - HALF) >> 52;
  Vec<double> m = bits<Vec<double>>(bits<I>(x) - (n << 52));
  // Integers up to 2^51 become floating point by way of the bits of 1.5 * 2^52.
  Vec<double> power = bits<Vec<double>>(n + 0x4338000000000000LL) - 0x1.8p52;
  Vec<double> f = m - 1.0;
  Vec<double> s = f / (2.0 + f), z = s * s, z2 = z * z;
  Vec<double> series = (0x1.5555555555558p-1 + z * 0x1.99999999952d7p-2) +
                       z2 * ((0x1.2492492df281ap-2 + z * 0x1.c71c62e3f11e6p-3) +
                             z2 * ((0x1.7462b51cb66b1p-3 + z * 0x1.39fe51a7c18f9p-3) + z2 * 0x1.2b5900de53b32p-3));
  // 2s = f - s f exactly, so the rounding of the division touches only the small second term.
  Vec<double> small = s * (z * series - f) + power * 0x1.d1cf79abc9e3bp-32;
  return power * 0x1.62e42fec00000p-1 + (f + small);
}

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

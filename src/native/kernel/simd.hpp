// Vectors of numbers in a register, of any width, and the operations on them that the kernel needs.
//
// Everything is in a namespace named after the instruction set it is compiled for, so that the linker keeps the
// versions of an inline function apart.
#pragma once
#include <cstdint>
#include <cstring>
#include <type_traits>
#include <utility>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

#define INLINE inline __attribute__((always_inline))

namespace mixtura::MIXTURA_LEVEL {

#if defined(__AVX512F__)
constexpr int BYTES = 64, REGISTERS = 32;
#elif defined(__AVX2__)
constexpr int BYTES = 32, REGISTERS = 16;
#elif defined(__x86_64__)
constexpr int BYTES = 16, REGISTERS = 16;
#else
constexpr int BYTES = 16, REGISTERS = 32;
#endif

template <class T> struct Lanes {
  typedef T type __attribute__((vector_size(BYTES)));
};
template <class T> using Vec = typename Lanes<T>::type;
template <class T> constexpr int WIDTH = BYTES / int(sizeof(T));

// Vectors of rows that one register tile holds; a panel is that many rows.
constexpr int TALL = REGISTERS == 32 ? 4 : 2;
template <class T> constexpr int PANEL = TALL * WIDTH<T>;

template <class T> INLINE Vec<T> load(const T* from) {
  Vec<T> v;
  std::memcpy(&v, from, BYTES);
  return v;
}
template <class T> INLINE void store(T* to, Vec<T> v) { std::memcpy(to, &v, BYTES); }
template <class T> INLINE Vec<T> all(T value) { return value - Vec<T>{}; }  // folds; 0 + x does not
// Call f(0), ..., f(N - 1), with the numbers known to the compiler, so that arrays of registers stay in registers.
template <int N, class F> INLINE void unrolled(F f) {
  [&]<int... I>(std::integer_sequence<int, I...>) __attribute__((always_inline)) {
    (f(std::integral_constant<int, I>{}), ...);
  }(std::make_integer_sequence<int, N>{});
}
template <class To, class From> INLINE To bits(From v) {
  To to;
  static_assert(sizeof to == sizeof v);
  std::memcpy(&to, &v, sizeof to);
  return to;
}

// The larger of each pair; b where a is NaN.
INLINE Vec<double> larger(Vec<double> a, Vec<double> b) {
#if defined(__AVX512F__)
  return _mm512_max_pd(a, b);
#elif defined(__AVX2__)
  return _mm256_max_pd(a, b);
#elif defined(__x86_64__)
  return _mm_max_pd(a, b);
#else
  return a > b ? a : b;
#endif
}
INLINE Vec<float> larger(Vec<float> a, Vec<float> b) {
#if defined(__AVX512F__)
  return _mm512_max_ps(a, b);
#elif defined(__AVX2__)
  return _mm256_max_ps(a, b);
#elif defined(__x86_64__)
  return _mm_max_ps(a, b);
#else
  return a > b ? a : b;
#endif
}

// One bit for each lane where a < b.
INLINE unsigned below(Vec<double> a, Vec<double> b) {
#if defined(__AVX512F__)
  return _mm512_cmp_pd_mask(a, b, _CMP_LT_OQ);
#elif defined(__AVX2__)
  return unsigned(_mm256_movemask_pd(_mm256_cmp_pd(a, b, _CMP_LT_OQ)));
#elif defined(__x86_64__)
  return unsigned(_mm_movemask_pd(_mm_cmplt_pd(a, b)));
#else
  return unsigned(a[0] < b[0]) | unsigned(a[1] < b[1]) << 1;
#endif
}
INLINE unsigned below(Vec<float> a, Vec<float> b) {
#if defined(__AVX512F__)
  return _mm512_cmp_ps_mask(a, b, _CMP_LT_OQ);
#elif defined(__AVX2__)
  return unsigned(_mm256_movemask_ps(_mm256_cmp_ps(a, b, _CMP_LT_OQ)));
#elif defined(__x86_64__)
  return unsigned(_mm_movemask_ps(_mm_cmplt_ps(a, b)));
#else
  unsigned found = 0;
  for (int l = 0; l < 4; ++l) found |= unsigned(a[l] < b[l]) << l;
  return found;
#endif
}

// One bit for each lane that is not NaN.
INLINE unsigned numbers(Vec<double> a) {
#if defined(__AVX512F__)
  return _mm512_cmp_pd_mask(a, a, _CMP_ORD_Q);
#elif defined(__AVX2__)
  return unsigned(_mm256_movemask_pd(_mm256_cmp_pd(a, a, _CMP_ORD_Q)));
#elif defined(__x86_64__)
  return unsigned(_mm_movemask_pd(_mm_cmpord_pd(a, a)));
#else
  return unsigned(a[0] == a[0]) | unsigned(a[1] == a[1]) << 1;
#endif
}
INLINE unsigned numbers(Vec<float> a) {
#if defined(__AVX512F__)
  return _mm512_cmp_ps_mask(a, a, _CMP_ORD_Q);
#elif defined(__AVX2__)
  return unsigned(_mm256_movemask_ps(_mm256_cmp_ps(a, a, _CMP_ORD_Q)));
#elif defined(__x86_64__)
  return unsigned(_mm_movemask_ps(_mm_cmpord_ps(a, a)));
#else
  unsigned found = 0;
  for (int l = 0; l < 4; ++l) found |= unsigned(a[l] == a[l]) << l;
  return found;
#endif
}

INLINE Vec<double> roots(Vec<double> a) {
#if defined(__AVX512F__)
  return _mm512_sqrt_pd(a);
#elif defined(__AVX2__)
  return _mm256_sqrt_pd(a);
#elif defined(__x86_64__)
  return _mm_sqrt_pd(a);
#else
  return Vec<double>{__builtin_sqrt(a[0]), __builtin_sqrt(a[1])};
#endif
}

// 1 / a for 1 <= a <= 1e300, to one unit in the last place.
INLINE Vec<double> reciprocals(Vec<double> a) {
#if defined(__AVX512F__)
  // A division takes as long as all the rest of log2_1p. Each step squares the error of 2^-14.
  Vec<double> y = _mm512_rcp14_pd(a);
  y += y * (1.0 - a * y);
  return y + y * (1.0 - a * y);
#else
  return 1.0 / a;
#endif
}

// The largest of a register's numbers.
INLINE double largest(Vec<double> v) {
#if defined(__AVX512F__)
  return _mm512_reduce_max_pd(v);
#else
  double most = v[0];
  for (int l = 1; l < WIDTH<double>; ++l) most = v[l] > most ? v[l] : most;
  return most;
#endif
}

// Append n + l, for each lane l in a mask, to a list that has `count` entries and room for one more register.
INLINE int list_rows(int n, unsigned mask, int* list, int count) {
#if defined(__AVX512F__)
  const __m512i first = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  const __m512i lanes = _mm512_add_epi32(_mm512_set1_epi32(n), first);
  _mm512_storeu_si512(list + count, _mm512_maskz_compress_epi32(__mmask16(mask), lanes));
  return count + __builtin_popcount(mask);
#else
  for (; mask; mask &= mask - 1) list[count++] = n + __builtin_ctz(mask);
  return count;
#endif
}

#if __has_builtin(__builtin_shufflevector)
template <int HALF, bool HIGH, class V, int... L> INLINE V halves(V a, V b, std::integer_sequence<int, L...>) {
  constexpr int W = sizeof...(L);
  return __builtin_shufflevector(a, b, ((L & HALF) ? (HIGH ? W + L : W + L - HALF) : (HIGH ? L + HALF : L))...);
}
// Of each group of 2 HALF lanes, the low (or high) halves of a and b.
template <class T, int HALF, bool HIGH> INLINE Vec<T> halves(Vec<T> a, Vec<T> b) {
  return halves<HALF, HIGH>(a, b, std::make_integer_sequence<int, WIDTH<T>>{});
}
#else
template <class T, int HALF, bool HIGH> INLINE Vec<T> halves(Vec<T> a, Vec<T> b) {
  Vec<T> to{};
  for (int l = 0; l < WIDTH<T>; ++l)
    to[l] = HIGH ? (l & HALF ? b[l] : a[l + HALF]) : (l & HALF ? b[l - HALF] : a[l]);
  return to;
}
#endif

// Transpose a square of registers.
template <class T, int HALF = WIDTH<T> / 2> INLINE void transpose(Vec<T> (&a)[WIDTH<T>]) {
  unrolled<WIDTH<T>>([&](auto i) __attribute__((always_inline)) {
    if constexpr (!(i & HALF)) {
      const Vec<T> low = halves<T, HALF, false>(a[i], a[i + HALF]);
      a[i + HALF] = halves<T, HALF, true>(a[i], a[i + HALF]);
      a[i] = low;
    }
  });
  if constexpr (HALF > 1) transpose<T, HALF / 2>(a);
}

// Lane l of the result is the sum of the lanes of a[l].
template <class T, int HALF = WIDTH<T> / 2> INLINE Vec<T> lane_sums(Vec<T> (&a)[2 * HALF]) {
  Vec<T> half[HALF];
  unrolled<HALF>([&](auto i) __attribute__((always_inline)) {
    half[i] = halves<T, HALF, false>(a[i], a[i + HALF]) + halves<T, HALF, true>(a[i], a[i + HALF]);
  });
  if constexpr (HALF > 1) return lane_sums<T, HALF / 2>(half);
  else return half[0];
}

// Add the sums of I x J registers to a matrix with that many columns.
template <class T, int I, int J> INLINE void add_sums(const Vec<T> (&a)[I][J], double* to, std::int64_t columns) {
  constexpr int W = WIDTH<T>, GROUPS = (I * J + W - 1) / W;
  T total[GROUPS * W];
  unrolled<GROUPS>([&](auto g) __attribute__((always_inline)) {
    Vec<T> group[W] = {};
    unrolled<W>([&](auto l) __attribute__((always_inline)) {
      constexpr int here = g * W + l;
      if constexpr (here < I * J) group[l] = a[here / J][here % J];
    });
    store(total + g * W, lane_sums<T>(group));
  });
  for (int i = 0; i < I; ++i)
    for (int j = 0; j < J; ++j) to[i * columns + j] += double(total[i * J + j]);
}

// As many float64 numbers as a register holds numbers of type T, for sums over many registers.
template <class T> struct Doubles {
  typedef double type __attribute__((vector_size(8 * WIDTH<T>)));
};
template <class T> using Wide = typename Doubles<T>::type;
template <class T> INLINE Wide<T> widened(Vec<T> v) { return __builtin_convertvector(v, Wide<T>); }
template <class T> INLINE double sum_of(Wide<T> v) {
  double total = 0;
  for (int l = 0; l < WIDTH<T>; ++l) total += v[l];
  return total;
}

// The sum of a register's numbers, in float64.
template <class T> INLINE double sum(Vec<T> v) {
#if defined(__AVX512F__)
  if constexpr (sizeof(T) == 8) return _mm512_reduce_add_pd(v);
#endif
  double lane[WIDTH<T>];
  for (int l = 0; l < WIDTH<T>; ++l) lane[l] = double(v[l]);
  for (int half = WIDTH<T> / 2; half; half /= 2)
    for (int l = 0; l < half; ++l) lane[l] += lane[l + half];
  return lane[0];
}

}  // namespace mixtura::MIXTURA_LEVEL

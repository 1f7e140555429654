// A register full of numbers: the few operations that the mathematics needs, for any width.
//
// Everything lives in a namespace named after the instruction set it is compiled for, so that the linker never
// mixes up two versions of one inline function.
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
template <class T> INLINE Vec<T> all(T value) { return value - Vec<T>{}; }  // folds, 0 + x does not
// f(0), f(1), ..., f(N - 1) with the number known to the compiler, so that arrays of registers stay in registers.
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

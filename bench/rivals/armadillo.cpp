// Armadillo's gmm_full and gmm_diag: reads a problem from a file, writes seconds and parameters to another.
#include <armadillo>
#include <chrono>
#include <fstream>

namespace {

template <typename T>
T take(std::ifstream& in) {
    T value;
    in.read(reinterpret_cast<char*>(&value), sizeof(T));
    return value;
}

void take(std::ifstream& in, double* to, std::size_t count) {
    in.read(reinterpret_cast<char*>(to), static_cast<std::streamsize>(count * sizeof(double)));
}

void put(std::ofstream& out, const double* from, std::size_t count) {
    out.write(reinterpret_cast<const char*>(from), static_cast<std::streamsize>(count * sizeof(double)));
}

template <typename Model, typename Covariances>
double learn(Model& model, const arma::mat& rows, Covariances& covariances, const arma::mat& means,
             const arma::rowvec& weights, arma::uword k, arma::uword iterations, double floor) {
    model.set_params(means, covariances, weights);
    const auto begin = std::chrono::steady_clock::now();
    model.learn(rows, k, arma::maha_dist, arma::keep_existing, 0, iterations, floor, false);
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

}  // namespace

int main(int, char** argv) {
    std::ifstream in(argv[1], std::ios::binary);
    std::ofstream out(argv[2], std::ios::binary);
    const auto n = take<std::int64_t>(in), d = take<std::int64_t>(in), k = take<std::int64_t>(in);
    const auto iterations = take<std::int64_t>(in), full = take<std::int64_t>(in);
    const double floor = take<double>(in);
    arma::mat rows(d, n), means(d, k);
    arma::rowvec weights(k);
    take(in, weights.memptr(), k);
    take(in, means.memptr(), d * k);
    double seconds = 0;
    if (full) {
        arma::cube covariances(d, d, k);
        take(in, covariances.memptr(), d * d * k);
        take(in, rows.memptr(), n * d);
        arma::gmm_full model;
        seconds = learn(model, rows, covariances, means, weights, k, iterations, floor);
        put(out, &seconds, 1);
        put(out, model.hefts.memptr(), k);
        put(out, model.means.memptr(), d * k);
        put(out, model.fcovs.memptr(), d * d * k);
    } else {
        arma::mat covariances(d, k);
        take(in, covariances.memptr(), d * k);
        take(in, rows.memptr(), n * d);
        arma::gmm_diag model;
        seconds = learn(model, rows, covariances, means, weights, k, iterations, floor);
        put(out, &seconds, 1);
        put(out, model.hefts.memptr(), k);
        put(out, model.means.memptr(), d * k);
        put(out, model.dcovs.memptr(), d * k);
    }
}

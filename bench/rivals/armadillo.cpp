// Armadillo's gmm_full and gmm_diag: reads a problem from a file, writes seconds, megabytes and parameters to another.
#include <algorithm>
#include <armadillo>
#include <chrono>
#include <cmath>
#include <fstream>
#include <string>
#include <type_traits>

namespace {

void take(std::ifstream& in, double* to, std::size_t count) {
    in.read(reinterpret_cast<char*>(to), static_cast<std::streamsize>(count * sizeof(double)));
}

void put(std::ofstream& out, const double* from, std::size_t count) {
    out.write(reinterpret_cast<const char*>(from), static_cast<std::streamsize>(count * sizeof(double)));
}

// A field of /proc/self/status in MB; not a number where there is none.
double status(const std::string& field) {
    std::ifstream file("/proc/self/status");
    for (std::string line; std::getline(file, line);)
        if (line.rfind(field, 0) == 0) return std::stod(line.substr(line.find_first_of("0123456789"))) / 1024;
    return std::nan("");
}

struct Cost {
    double seconds, megabytes;
};

template <typename Model, typename Covariances>
Cost learn(Model& model, const arma::mat& rows, Covariances& covariances, const arma::mat& means,
           const arma::rowvec& weights, arma::uword k, arma::uword iterations, double floor) {
    std::ofstream("/proc/self/clear_refs") << "5";
    const double before = status("VmRSS");
    Cost cost{HUGE_VAL, 0};
    double spent = 0;
    // Short fits are repeated, and the shortest time counts.
    for (int run = 0; run < 20 && spent < 3; ++run) {
        model.set_params(means, covariances, weights);
        const auto begin = std::chrono::steady_clock::now();
        model.learn(rows, k, arma::maha_dist, arma::keep_existing, 0, iterations, floor, false);
        const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
        cost.seconds = std::min(cost.seconds, seconds);
        spent += seconds;
    }
    cost.megabytes = status("VmHWM") - before;
    return cost;
}

template <typename Model, typename Covariances>
void run(std::ifstream& in, std::ofstream& out, const double* head, Covariances covariances) {
    const auto n = arma::uword(head[0]), d = arma::uword(head[1]), k = arma::uword(head[2]);
    arma::mat rows(d, n), means(d, k);
    arma::rowvec weights(k);
    take(in, weights.memptr(), k);
    take(in, means.memptr(), d * k);
    take(in, covariances.memptr(), covariances.n_elem);
    take(in, rows.memptr(), n * d);
    Model model;
    const Cost cost = learn(model, rows, covariances, means, weights, k, arma::uword(head[3]), std::max(head[5], 1e-10));
    put(out, &cost.seconds, 1);
    put(out, &cost.megabytes, 1);
    put(out, model.hefts.memptr(), k);
    put(out, model.means.memptr(), d * k);
    if constexpr (std::is_same_v<Model, arma::gmm_full>)
        put(out, model.fcovs.memptr(), covariances.n_elem);
    else
        put(out, model.dcovs.memptr(), covariances.n_elem);
}

}  // namespace

int main(int, char** argv) {
    std::ifstream in(argv[1], std::ios::binary);
    std::ofstream out(argv[2], std::ios::binary);
    double head[6];  // rows, columns, components, iterations, kind, variance floor
    take(in, head, 6);
    const auto d = arma::uword(head[1]), k = arma::uword(head[2]);
    if (head[4] == 0)
        run<arma::gmm_full>(in, out, head, arma::cube(d, d, k));
    else
        run<arma::gmm_diag>(in, out, head, arma::mat(d, k));
}

# One Gaussian with missing values, by EM: Rscript reference.R iris.csv > iris.json
suppressMessages(library(Amelia))
rows <- as.matrix(read.csv(commandArgs(TRUE)[1])[, 1:4])
at <- outer(seq_len(nrow(rows)) - 1, 0:3, function(i, j) (7 * i + 3 * j + (i %/% 4) * j) %% 5 == 0)
rows[at] <- NA
rows <- rows[rowSums(!is.na(rows)) > 0, ]
found <- amelia(as.data.frame(rows), m = 1, boot.type = "none", tolerance = 1e-13, p2s = 0)
# Amelia's columns have mean 0 and variance 1 of the values that are there, and stand in the order of their numbers of
# missing values, whatever their names say.
back <- order(order(colSums(is.na(rows))))
centre <- colMeans(rows, na.rm = TRUE)
scale <- apply(rows, 2, sd, na.rm = TRUE)
mean <- centre + scale * found$mu[back, 1]
covariance <- outer(scale, scale) * found$covMatrices[back, back, 1]
number <- function(x) paste0("[", paste(format(x, digits = 17), collapse = ", "), "]")
cat("{\n", '"package": "Amelia ', as.character(packageVersion("Amelia")), '",\n', sep = "")
cat('"n_missing": ', sum(is.na(rows)), ",\n", sep = "")
cat('"mean": ', number(mean), ",\n", sep = "")
cat('"covariance": [', paste(apply(covariance, 1, number), collapse = ",\n"), "]\n}\n", sep = "")

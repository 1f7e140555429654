# Equal mixing proportions (equalPro = TRUE): EM from the starting partitions of reference.R to the end, and beside noise.
suppressMessages({library(mclust); library(jsonlite)})
tight <- emControl(tol = c(1e-12, 1e-12), itmax = c(100000, 1000), equalPro = TRUE)
models <- c("EII", "VII", "EEI", "VEI", "EVI", "VVI", "EEE", "VEE", "EVE", "VVE", "EEV", "VEV", "EVV", "VVV")
fitted <- function(X, model, z, ...) {
  m <- me(X, modelName = model, z = z, control = tight, ...)
  noise <- ncol(z) > m$G
  list(loglik = m$loglik, npar = nMclustParams(model, ncol(X), m$G, noise = noise, equalPro = TRUE), pro = m$parameters$pro)
}
out <- lapply(setNames(nm = c("faithful", "iris", "diabetes")), function(name) {
  X <- as.matrix(read.csv(paste0(name, ".csv")))
  z <- unmap(fromJSON(paste0(name, ".json"))$start$labels)
  lapply(setNames(nm = models), function(model) fitted(X, model, z))
})
chevron <- read.csv("chevron.csv")
X <- as.matrix(chevron[, 2:3]); extras <- fromJSON("extras.json")$noise
labels <- rep(0, nrow(X)); quiet <- setdiff(seq_len(nrow(X)), extras$noise_start_rows)
labels[quiet] <- hclass(hc(X[quiet, ], modelName = "VVV", use = "SVD"), 2)
z <- cbind(unmap(labels[quiet])[match(seq_len(nrow(X)), quiet), ], labels == 0); z[is.na(z)] <- 0
out$chevron <- list(start_labels = labels, models = lapply(setNames(nm = models), function(model) fitted(X, model, z, Vinv = 1 / extras$hypvol)))
write_json(out, "equal.json", digits = 17, auto_unbox = TRUE, na = "null")
for (name in names(out)[1:3]) for (model in models) cat(name, model, out[[name]][[model]]$loglik, out[[name]][[model]]$npar, "\n")
for (model in models) cat("chevron", model, out$chevron$models[[model]]$loglik, out$chevron$models[[model]]$npar, out$chevron$models[[model]]$pro, "\n")

# me.weighted of all fourteen models on iris, from the species, weights (1:150)/150: Rscript weighted.R > weighted.json
suppressMessages(library(mclust))
tight <- emControl(tol = c(1e-13, 1e-13), itmax = c(20000, 20000))
models <- c("EII", "VII", "EEI", "VEI", "EVI", "VVI", "EEE", "VEE", "EVE", "VVE", "EEV", "VEV", "EVV", "VVV")
logliks <- vapply(models, function(model) {
  me.weighted(iris[, 1:4], model, unmap(rep(1:3, each = 50)), weights = (1:150) / 150, control = tight)$loglik
}, 0)
cat("{\n", paste0(' "', models, '": ', sprintf("%.10f", logliks), collapse = ",\n"), "\n}\n", sep = "")

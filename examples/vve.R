# mclust's EM for the model VVE, one step at a time: the log-likelihood of iris with three components falls.
library(mclust)
X <- as.matrix(iris[, 1:4])
z <- unmap(hclass(hc(X, modelName = "VVV", use = "SVD"), 3))
trace <- numeric(60)
for (i in 1:60) {
  m <- mstep(X, modelName = "VVE", z = z, control = emControl(tol = c(1e-12, 1e-12), itmax = c(100000, 1000)))
  e <- estep(X, modelName = "VVE", parameters = m$parameters)
  z <- e$z
  trace[i] <- e$loglik
}
cat("highest", round(max(trace), 3), "last", round(trace[60], 3), "falls", sum(diff(trace) < -1e-9), "of 59\n")

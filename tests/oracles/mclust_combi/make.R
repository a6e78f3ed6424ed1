# Rscript tests/oracles/mclust_combi/make.R > tests/oracles/mclust_combi/combi.json
#
# What R's mclust 6.0.0 (Debian's r-cran-mclust) makes of some of its data sets: a mixture of full covariances, the
# components that clustCombi merges, the entropies of all numbers of clusters, and what clustCombiOptim suggests.
suppressMessages(library(mclust))
data(diabetes)
sets <- list(faithful = as.matrix(faithful), iris = as.matrix(iris[, 1:4]), diabetes = as.matrix(diabetes[, -1]))

number <- function(v) paste0("[", paste(format(v, digits = 15, trim = TRUE), collapse = ", "), "]")
rows <- function(m) paste0("[", paste(apply(m, 1, number), collapse = ", "), "]")

cases <- c()
for (name in names(sets)) {
  for (G in c(4, 5, 8)) {
    fitted <- Mclust(sets[[name]], G = G, modelNames = "VVV", verbose = FALSE)
    if (is.null(fitted)) next
    fitted$z <- predict(fitted)$z  # those in the fit belong to the parameters before the last M-step
    merged <- clustCombi(fitted)
    entropy <- sapply(1:G, function(j) {
      z <- merged$combiz[[j]]
      -sum(ifelse(z > 0, z * log(z), 0))
    })
    two <- clustCombiOptim(merged, reg = 2, plot = FALSE)$numClusters.combi
    three <- if (G > 4) clustCombiOptim(merged, reg = 3, plot = FALSE)$numClusters.combi else 4
    sigma <- fitted$parameters$variance$sigma
    covariances <- paste(apply(sigma, 3, rows), collapse = ", ")
    labels <- paste(sapply(1:G, function(j) {
      paste0("\"", j, "\": ", number(merged$classification[[j]]))
    }), collapse = ", ")
    cases <- c(cases, paste0(
      "{\"data\": \"", name, "\", \"weights\": ", number(fitted$parameters$pro),
      ", \"means\": ", rows(t(fitted$parameters$mean)), ", \"covariances\": [", covariances, "]",
      ", \"entropy\": ", number(entropy), ", \"labels\": {", labels, "}",
      ", \"two_pieces\": ", two, ", \"three_pieces\": ", three, "}"
    ))
  }
}
data <- paste(sapply(names(sets), function(n) paste0("\"", n, "\": ", rows(sets[[n]]))), collapse = ",\n")
cat("{\"data\": {", data, "},\n\"cases\": [", paste(cases, collapse = ",\n"), "]}\n", sep = "")

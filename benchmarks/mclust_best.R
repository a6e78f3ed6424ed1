# Rscript benchmarks/mclust_best.R FILE...: the best model of mclust's default search (1 to 9 components, all models) for
# the rows of each CSV file without a heading; a line each of file, number of components, model, BIC (negated, so that
# lower is better) and seconds.
suppressMessages(library(mclust))
for (name in commandArgs(trailingOnly = TRUE)) {
  x <- as.matrix(read.csv(name, header = FALSE))
  seconds <- system.time(found <- Mclust(x, G = 1:9, verbose = FALSE))[["elapsed"]]
  cat(name, found$G, found$modelName, format(-found$bic, digits = 15), seconds, "\n")
}

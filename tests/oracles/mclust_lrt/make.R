# Rscript tests/oracles/mclust_lrt/make.R > tests/oracles/mclust_lrt/lrt.json      (some minutes)
#
# mclustBootstrapLRT of R's mclust 6.0.0 (Debian's r-cran-mclust) on some of its data sets: the statistics of the data
# and the p-values of 999 draws.
suppressMessages(library(mclust))
set.seed(1)
sets <- list(eruptions = as.matrix(faithful$eruptions), faithful = as.matrix(faithful))
cases <- list(c("eruptions", "V"), c("faithful", "EEE"), c("faithful", "VVV"))

number <- function(v) paste0("[", paste(format(v, digits = 15, trim = TRUE), collapse = ", "), "]")
rows <- function(m) paste0("[", paste(apply(m, 1, number), collapse = ", "), "]")

found <- sapply(cases, function(case) {
  test <- mclustBootstrapLRT(sets[[case[1]]], modelName = case[2], nboot = 999, verbose = FALSE)
  paste0(
    "{\"data\": \"", case[1], "\", \"model\": \"", case[2], "\", \"statistic\": ", number(test$obs),
    ", \"p\": ", number(test$p.value), "}"
  )
})
data <- paste(sapply(names(sets), function(n) paste0("\"", n, "\": ", rows(sets[[n]]))), collapse = ",\n")
cat("{\"data\": {", data, "},\n\"cases\": [", paste(found, collapse = ",\n"), "]}\n", sep = "")

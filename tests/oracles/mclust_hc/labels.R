# Rscript tests/oracles/mclust_hc/labels.R > tests/oracles/mclust_hc/labels.json   (mclust 6.0.0)
suppressMessages(library(mclust)); library(datasets); data(thyroid); data(diabetes)
out <- function(name, x, class) {
  h <- hc(as.matrix(x), modelName = "VVV", use = "SVD"); labels <- hclass(h, 2:6)
  cat(sprintf('"%s": {"class": [%s], "labels": {%s}}', name, paste(as.integer(factor(class)), collapse = ", "),
    paste(sprintf('"%d": [%s]', 2:6, apply(labels, 2, paste, collapse = ", ")), collapse = ", ")))
}
cat("{"); out("iris", iris[, 1:4], iris$Species); cat(",\n"); out("thyroid", thyroid[, -1], thyroid$Diagnosis); cat(",\n")
out("diabetes", diabetes[, -1], diabetes$class); cat("}\n")

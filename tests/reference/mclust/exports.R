# What mclust exports and which arguments it has: Rscript exports.R > exports.json
suppressMessages(library(mclust))
names <- ls("package:mclust")
functions <- Filter(function(name) is.function(get(name)), names)
quoted <- function(words) paste0("[", paste0('"', words, '"', collapse = ", "), "]")
rows <- vapply(functions, function(name) {
  arguments <- names(formals(get(name)))
  paste0(' "', name, '": ', if (length(arguments)) quoted(arguments) else "[]")
}, "")
cat('{\n "version": "', as.character(packageVersion("mclust")), '",\n "functions": {\n', paste0(" ", rows, collapse = ",\n"), "\n }\n}\n", sep = "")

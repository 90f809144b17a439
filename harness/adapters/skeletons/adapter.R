#!/usr/bin/env Rscript
# An adapter for radgauge: connects an implementation of radiomic features with the harness.
#
# It works as it is: it computes the mean intensity of images that need no processing, and says `unsupported` of all
# else. Put your implementation where it says HERE. It needs the package jsonlite.
#
#     radgauge adapter check 'Rscript adapter.R'
#     radgauge certify --adapter 'Rscript adapter.R'
#
# The protocol is explained in harness/adapters/README.md of radgauge. Standard output belongs to it: print nothing
# there, use message() for what you want to see.

suppressPackageStartupMessages(library(jsonlite))

# HERE: who you are, and what can be asked of you. What is not listed is not asked, and counts as unsupported.
hello <- list(
  kind = unbox("hello"),
  protocol = unbox(1L),
  implementation = list(name = unbox("mytool"), version = unbox("0.0.0"), language = unbox("R")),
  adapter = list(name = unbox("mytool-radgauge"), version = unbox("0.1.0")),
  capabilities = list(
    families = "stat", aggregations = list(), discretisation = list(), interpolation = list(), filters = list(),
    response_maps = unbox(FALSE)
  ),
  deterministic = unbox(TRUE)
)

unsupported <- function(reason) {
  stop(structure(class = c("unsupported", "error", "condition"), list(message = reason, call = NULL)))
}

# The voxels of the NIfTI files that radgauge writes, x fastest. HERE: use your own reader, which knows the spacing.
read_nifti <- function(path) {
  file <- gzfile(path, "rb") # reads what is not compressed as well
  on.exit(close(file))
  header <- readBin(file, "raw", 352)
  size <- readBin(header[41:56], "integer", 8, size = 2, endian = "little")
  kind <- readBin(header[71:72], "integer", 1, size = 2, endian = "little")
  count <- prod(size[2:4])
  scale <- readBin(header[113:120], "double", 2, size = 4, endian = "little")
  voxels <- switch(as.character(kind),
    "2" = readBin(file, "integer", count, size = 1, signed = FALSE),
    "4" = readBin(file, "integer", count, size = 2, endian = "little"),
    "16" = readBin(file, "double", count, size = 4, endian = "little"),
    "64" = readBin(file, "double", count, size = 8, endian = "little"),
    stop("no such type of voxels here yet: ", kind)
  )
  scale[1] * voxels + scale[2]
}

# The values of a case, by key. HERE: call your implementation. What it cannot honour in the processing it must refuse,
# and never approximate.
compute <- function(request) {
  processing <- request$processing
  for (step in c("interpolate", "resegment")) {
    if (!is.null(processing[[step]])) unsupported(paste("no such step here yet:", step))
  }
  image <- read_nifti(request$image$path)
  mask <- read_nifti(request$roi$path)
  if (processing$round_on_load) image <- round(image)
  list("stat/-/Q4LE" = mean(image[mask == request$roi$label]))
}

# JSON has no NaN and no infinities: they are sent as strings.
number <- function(value) {
  if (is.nan(value) || is.na(value)) return(unbox("NaN"))
  if (is.infinite(value)) return(unbox(if (value > 0) "+Inf" else "-Inf"))
  unbox(value)
}

entry <- function(key, values) {
  if (is.null(values[[key]])) {
    list(key = unbox(key), status = unbox("unsupported"), reason = unbox("not implemented"))
  } else {
    list(key = unbox(key), value = number(values[[key]]))
  }
}

answer <- function(request) {
  if (request$op == "hello") return(hello)
  tryCatch({
    values <- compute(request)
    list(kind = unbox("result"), values = lapply(request$features, entry, values = values))
  },
  unsupported = function(reason) list(kind = unbox("unsupported"), reason = unbox(conditionMessage(reason))),
  error = function(error) list(kind = unbox("error"), message = unbox(conditionMessage(error))))
}

input <- file("stdin", "r")
repeat {
  line <- readLines(input, n = 1)
  if (length(line) == 0) break
  request <- fromJSON(line, simplifyVector = FALSE)
  if (request$op == "bye") break
  response <- answer(request)
  response$id <- unbox(request$id)
  cat(toJSON(response, digits = I(17), null = "null"), "\n", sep = "")
  flush(stdout())
}

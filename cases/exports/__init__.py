"""What leaves a case: one module an export, found by scanning this folder (see :mod:`cases.exports.base`)."""

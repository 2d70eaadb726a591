//! Reading YAML: a tree whose nodes know their places.

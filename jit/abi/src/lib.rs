//! What compiled code and the runtime agree on.

import CAllocator

/// How the program takes memory from the system.
package enum Allocator {
  /// Keeps freed memory for the next export instead of giving it back at once.
  ///
  /// Each export and each policy takes a few large blocks. By default they go back to the system
  /// when they are freed, and the next ones have to be cleared page by page: a tenth of the time of
  /// a fleet import.
  package static func keepsFreedMemory() {
    sallyport_keep_freed_memory(32 << 20, 512 << 20)
  }
}

import Foundation
import Digests

/// SHA-256 of some content and its kind.
struct ContentDigest: Hashable, Sendable {
  private let words: SHA256Context.Digest

  init(_ kind: ContentStore.Kind, _ body: [UInt8], with context: borrowing SHA256Context) {
    words = context.digest(kind.prefix, body)
  }

  /// A digest as it was stored; nil where it has another length.
  init?(_ stored: Data) {
    guard stored.count == MemoryLayout<SHA256Context.Digest>.size else { return nil }
    words = stored.withUnsafeBytes { $0.loadUnaligned(as: SHA256Context.Digest.self) }
  }

  /// A digest is random already, so that a part of it tells nearly all apart.
  func hash(into hasher: inout Hasher) { hasher.combine(words.0) }

  static func == (one: ContentDigest, other: ContentDigest) -> Bool { one.words == other.words }
}

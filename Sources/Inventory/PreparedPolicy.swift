import Foundation
import Digests
import PolicyCoding
import PolicyModel

/// A policy in pieces with their digests, worked out before the one writer is held up.
package struct PreparedPolicy: Sendable {
  package let policy: Policy
  package let pieces: PolicyPieces
  let header: ContentDigest
  let endpointObjects: [ContentDigest]
  let serviceObjects: [ContentDigest]
  /// One list a table.
  let rules: [[ContentDigest]]

  package init(_ policy: Policy) {
    self.policy = policy
    pieces = PolicyPieces(policy)
    header = ContentDigest(.header, pieces.header, with: SHA256Context())
    endpointObjects = Self.digests(.endpointObject, pieces.endpointObjects)
    serviceObjects = Self.digests(.serviceObject, pieces.serviceObjects)
    rules = pieces.rules.map { Self.digests(.rule, $0) }
  }

  private static func digests(
    _ kind: ContentStore.Kind, _ bodies: [[UInt8]]
  ) -> [ContentDigest] {
    ParallelMap.map(bodies) { part in
      let context = SHA256Context()
      return part.map { ContentDigest(kind, $0, with: context) }
    }
  }

  /// SHA-256 of the policy without its places: what tells a change from a repetition.
  var digest: Data {
    Self.digest(
      header: header, lists: [endpointObjects, serviceObjects] + rules)
  }

  /// - Parameter lists: endpoint objects, service objects, then the rules of each table.
  static func digest(header: ContentDigest, lists: [[ContentDigest]]) -> Data {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(lists.reduce(64) { $0 + $1.count * 32 + 16 })
    withUnsafeBytes(of: header) { bytes.append(contentsOf: $0) }
    for list in lists {
      bytes += Array("\(list.count)\n".utf8)
      list.withUnsafeBytes { bytes.append(contentsOf: $0) }
    }
    return Data(SHA256.bytes(bytes))
  }
}

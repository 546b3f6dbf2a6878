import CLibCrypto

/// SHA-256 digests, in lower-case hex.
package enum ExportDigest {
  /// Of one file its bytes; of several their sorted digests, so that the same files give the same
  /// digest however they are named and listed.
  package static func of(_ files: [ExportFile]) -> String {
    if files.count == 1 { return sha256(files[0].bytes) }
    let lines = files.map { sha256($0.bytes) }.sorted()
    return sha256(Array(lines.joined(separator: "\n").utf8))
  }

  package static func sha256(_ bytes: [UInt8]) -> String {
    let digits = Array("0123456789abcdef".utf8)
    return String(
      decoding: sha256Bytes(bytes).flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] },
      as: UTF8.self)
  }

  package static func sha256Bytes(_ bytes: [UInt8]) -> [UInt8] {
    var digest = [UInt8](repeating: 0, count: 32)
    var length: UInt32 = 0
    EVP_Digest(bytes, bytes.count, &digest, &length, EVP_sha256(), nil)
    return digest
  }
}

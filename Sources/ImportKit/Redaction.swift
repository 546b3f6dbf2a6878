import PolicyModel

/// Keeps secrets out of the model, whatever field an administrator typed them into.
///
/// Importers read only what they need, so passwords and keys in their proper places are never
/// touched; this is the second line: values that look like secrets are removed from names,
/// comments and notes by their shape.
package enum Redaction {
  package static let mark = "[redacted]"

  package static func redact(_ policy: inout Policy) {
    for table in policy.tables.indices {
      for rule in policy.tables[table].rules.indices {
        redact(&policy.tables[table].rules[rule].name)
        redact(&policy.tables[table].rules[rule].comment)
      }
    }
    for index in policy.endpointObjects.indices {
      for term in policy.endpointObjects[index].list.terms.indices {
        if case .condition(var condition) = policy.endpointObjects[index].list.terms[term] {
          redact(&condition.detail)
          policy.endpointObjects[index].list.terms[term] = .condition(condition)
        }
      }
    }
    for index in policy.notes.indices { redact(&policy.notes[index].text) }
    for index in policy.zones.indices {
      if var alias = policy.zones[index].alias {
        redact(&alias)
        policy.zones[index].alias = alias
      }
    }
  }

  /// Replaces every word of a text that has the shape of a secret.
  package static func redact(_ text: inout String) {
    guard looksSuspicious(text) else { return }
    if let pem = text.firstRange(of: "-----BEGIN") {
      text.replaceSubrange(pem.lowerBound..., with: mark)
    }
    let words = text.split(omittingEmptySubsequences: false) { $0 == " " || $0.isLineFeed }
    if words.contains(where: isSecret) {
      text = words.map { isSecret($0) ? mark : String($0) }.joined(separator: " ")
    }
  }

  /// A cheap test that lets ordinary names through at once.
  private static func looksSuspicious(_ text: String) -> Bool {
    text.utf8.count >= 8
      && (text.utf8.contains(0x24) || text.utf8.count >= 40 || text.utf8.starts(with: "-AQ==".utf8)
        || text.utf8.contains(0x3D))
  }

  private static let cryptPrefixes = [
    "$1$", "$2a$", "$2b$", "$2y$", "$5$", "$6$", "$7$", "$8$", "$9$", "$y$",
  ]

  private static func isSecret(_ word: Substring) -> Bool {
    let core = word.drop { "\"'=:(,".contains($0) }
    let start = core.lastIndex(of: "=").map { core[core.index(after: $0)...] } ?? core
    for candidate in [core, start] {
      if cryptPrefixes.contains(where: { candidate.hasPrefix($0) }) && candidate.utf8.count >= 8 {
        return true
      }
      if candidate.hasPrefix("-AQ==") { return true }
    }
    if core.hasPrefix("-AQ==") { return true }
    let digits = core.utf8.prefix { byte in
      (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte) || (0x41...0x46).contains(byte)
    }
    if digits.count >= 40 && digits.count == core.utf8.count { return true }
    // "LS0tLS1CRUdJTi" is "-----BEGIN" in base 64: keys and certificates pasted whole.
    return core.hasPrefix("LS0tLS1CRUdJTi")
  }
}

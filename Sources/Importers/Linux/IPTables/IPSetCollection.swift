import ImportKit

/// Sets of addresses that `ipset save` prints: an optional companion of a dump.
struct IPSetCollection {
  struct Entries {
    let type: String
    var terms: [EndpointTerm] = []
    var exceptions: [EndpointTerm] = []
    /// Whether the kernel drops members after a time, so that the listing shows one moment.
    let isDynamic: Bool
    var unreadable: String?
  }

  enum Lookup {
    case addresses(EndpointList, isSource: Bool)
    /// The set is known, and not of a kind that addresses alone decide.
    case unreadable(String)
  }

  private var sets: [String: Entries] = [:]
  /// Whether a line was not understood, so that any set may hold something else.
  private var isIncomplete = false

  var isEmpty: Bool { sets.isEmpty }

  /// Whether a text is the output of `ipset save`.
  static func recognises(_ lines: [Substring]) -> Bool {
    let first = lines.lazy.map { $0.drop { $0 == " " } }.first { !$0.isEmpty && !$0.hasPrefix("#") }
    guard let words = first?.split(separator: " "), words.count >= 3 else { return false }
    return words[0] == "create" && words[2].contains(":")
  }

  mutating func read(_ lines: [Substring]) {
    for line in lines {
      let words = IPTWords.split(line).map(\.text)
      guard let command = words.first, !command.hasPrefix("#") else { continue }
      if command == "create", words.count >= 3 {
        sets[words[1]] = Entries(
          type: words[2], isDynamic: words.contains("timeout"),
          unreadable: Self.oddOption(words.dropFirst(3)))
      } else if command == "add", words.count >= 3, sets[words[1]] != nil {
        add(words[2], to: words[1], options: words.dropFirst(3))
      } else {
        isIncomplete = true
      }
    }
  }

  /// The options of `create` that change nothing of what a set holds, with how many words follow.
  /// Source: ipset(8), "GENERIC CREATE AND ADD OPTIONS".
  private static let harmless: [String: Int] = [
    "family": 1, "hashsize": 1, "maxelem": 1, "bucketsize": 1, "initval": 1, "timeout": 1,
    "counters": 0, "comment": 0, "skbinfo": 0, "forceadd": 0, "range": 1, "probes": 1, "resize": 1,
  ]

  /// Why a set with other options is not readable: a netmask changes what is looked up.
  private static func oddOption(_ words: ArraySlice<String>) -> String? {
    var rest = words
    while let word = rest.popFirst() {
      guard let count = harmless[word] else { return "which has the option `\(word)`" }
      rest = rest.dropFirst(count)
    }
    return nil
  }

  /// The options of `add` that change nothing of what a set holds.
  private static let passive: Set<String> = [
    "timeout", "packets", "bytes", "comment", "skbmark", "skbprio", "skbqueue",
  ]

  private mutating func add(_ text: String, to name: String, options: ArraySlice<String>) {
    var rest = options
    var isException = false
    while let word = rest.popFirst() {
      if word == "nomatch" {
        isException = true
      } else if Self.passive.contains(word) {
        _ = rest.popFirst()
      } else {
        sets[name]?.unreadable = "which has an entry with `\(word)`"
        return
      }
    }
    guard let type = sets[name]?.type else { return }
    guard ["hash:ip", "hash:net", "bitmap:ip"].contains(type) else {
      sets[name]?.unreadable = "which is of the type \(type)"
      return
    }
    guard let set = AddressSet(parsing: text) else {
      sets[name]?.unreadable = "which holds `\(text)`"
      return
    }
    if isException {
      sets[name]?.exceptions.append(.addresses(set))
    } else {
      sets[name]?.terms.append(.addresses(set))
    }
  }

  /// Nil where the set did not come with the dump.
  func list(named name: String, directions: [String], draft: PolicyDraft) -> Lookup? {
    guard let set = sets[name] else { return nil }
    if let why = set.unreadable { return .unreadable(why) }
    if isIncomplete { return .unreadable("whose listing has lines that are not understood") }
    guard directions.count == 1, ["src", "dst"].contains(directions[0]) else {
      return .unreadable("which is asked by \(directions.joined(separator: ","))")
    }
    // The most specific member decides, so a member inside an exception is one again.
    for case .addresses(let exception) in set.exceptions {
      for case .addresses(let member) in set.terms
      where AddressFamily.allCases.contains(where: {
        !member.isEmpty(in: $0) && exception.isSuperset(of: member, in: $0)
      }) {
        return .unreadable("whose exceptions have exceptions")
      }
    }
    var terms = set.terms
    if set.isDynamic {
      terms.append(
        .condition(draft.doubt(.externalList, "the ipset `\(name)` changes at run time")))
    }
    return .addresses(
      EndpointList(terms, except: set.exceptions), isSource: directions[0] == "src")
  }
}

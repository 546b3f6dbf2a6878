import ImportKit

/// The `flags` keyword: which TCP flags a packet must have.
///
/// Source: Suricata user guide, "Header Keywords", tcp.flags: `[modifier]<test flags>[,<ignore
/// flags>]` with the modifiers `+` (these and others), `*` (any of these), `!` (none of these).
struct SuricataFlags {
  private enum Mode { case exactly, all, any, none }
  private var mode = Mode.exactly
  private var wanted: Set<Character> = []
  private var ignored: Set<Character> = []

  /// Nil where the text is not readable.
  init?(_ text: String) {
    let parts = text.split(separator: ",", omittingEmptySubsequences: false)
    guard parts.count <= 2, let first = parts.first else { return nil }
    for character in first where character != " " {
      switch character {
      case "+": mode = .all
      case "*": mode = .any
      case "!": mode = .none
      case "0": break
      default:
        guard "FSRPAUCE12".contains(character) else { return nil }
        wanted.insert(character)
      }
    }
    for character in parts.dropFirst().first ?? "" where character != " " {
      guard "FSRPAUCE12".contains(character) else { return nil }
      ignored.insert(character)
    }
  }

  enum Share { case all, some, none }

  /// For how many of the packets of a phase the test holds.
  func holds(in phase: Phase) -> Share {
    let packets: [Set<Character>] =
      switch phase {
      case .firstPacket: [["S"]]
      case .answer: [["S", "A"]]
      case .dataToServer, .dataFromServer: [["P", "A"], ["A"]]
      }
    let count = packets.count { packet in
      let left = packet.subtracting(ignored)
      return switch mode {
      case .exactly: left == wanted
      case .all: left.isSuperset(of: wanted)
      case .any: !left.isDisjoint(with: wanted)
      case .none: left.isDisjoint(with: wanted)
      }
    }
    return count == packets.count ? .all : count == 0 ? .none : .some
  }
}

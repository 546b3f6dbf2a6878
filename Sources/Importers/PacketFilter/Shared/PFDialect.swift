// pfSense and OPNsense write rules for the same packet filter (FreeBSD's pf) from configurations with
// the same roots. This folder holds what they have in common; both importers use it.
//
// pf takes the last matching rule, unless a rule is `quick`. That equals a first-match list of all
// quick rules in order, then the others in reverse, then the default (pf.conf(5)). Two tables are
// made: what enters by the clients' interface, and what leaves by the Internet interface; both must
// let a flow pass. Later packets of a connection pass by the state that the first one made; where a
// rule makes none, they have tables of their own (PFStates).

import ImportKit

/// What the two products do differently with the same words.
enum PFDialect: String {
  case pfSense
  case opnSense

  var product: String { self == .pfSense ? "pfSense" : "OPNsense" }
}

/// A switch of a configuration.
enum PFSwitch: Equatable {
  case on
  case off
  /// A value that the product does not write there, or that its releases read differently.
  case unknown(String)

  /// Whether it may be on.
  var mayBeOn: Bool { self != .off }
}

/// The product that wrote a configuration, with what its version changes.
struct PFProduct {
  let dialect: PFDialect
  /// Version of the configuration's schema; nil where it is not a number.
  let version: Double?
  /// Whether the configuration comes from a release that reads switches by their value. Before the
  /// models (OPNsense 17.7) its code asked, as pfSense does, whether the element exists.
  private let hasModels: Bool

  init(_ root: XMLElement, dialect: PFDialect) {
    self.dialect = dialect
    version = root.word("version").flatMap { Double($0) }
    hasModels = root.descend("OPNsense", "Firewall") != nil
  }

  /// Reads a switch as the product does.
  ///
  /// pfSense asks whether the element exists, whatever it holds (`isset`, src/etc/inc/filter.inc).
  /// OPNsense asks for a value that is neither empty nor 0 (`!empty`, library/OPNsense/Firewall/
  /// Rule.php, ForwardRule.php); its newer pages write every switch, as 0 or 1.
  func read(_ element: XMLElement?, default standard: Bool = false) -> PFSwitch {
    guard let element else { return standard ? .on : .off }
    if dialect == .pfSense { return .on }
    let text = element.asWord
    switch text.lowercased() {
    case "0": return .off
    case "1", "yes", "on", "true": return .on
    case "": return hasModels ? .off : .unknown(text)
    default: return .unknown(text)
    }
  }
}

extension XMLElement {
  /// The text of a child, nil where it is missing; where elements stand in place of a text, a marker
  /// that equals no known word.
  func word(_ name: String) -> String? { child(name).map(\.asWord) }

  fileprivate var asWord: String { hasChildren ? "{{ elements }}" : text }

  /// The text of a child, nil where it is missing or empty.
  func value(_ name: String) -> String? {
    word(name).flatMap { $0.isEmpty ? nil : $0 }
  }

  /// All descendants along a path of names, through every element of each name.
  func all(_ path: String...) -> [XMLElement] {
    path.reduce([self]) { elements, name in elements.flatMap { Array($0.children(name)) } }
  }
}

extension ExportRecord {
  /// As ``XMLElement/word(_:)``, and read.
  func word(_ name: String) -> String? { child(name).map(\.asWord) }

  /// The text of a member, nil where it is missing or empty.
  func filled(_ name: String) -> String? {
    word(name).flatMap { $0.isEmpty ? nil : $0 }
  }
}

/// Texts of configurations cut into words by bytes.
enum PFText {
  /// The parts between commas, blanks and line ends; a text with an unfilled template marker is one.
  static func words(_ text: String) -> [String] {
    if text.contains("{{") || text.contains("{%") || text.contains("${") { return [text] }
    return text.utf8.split { $0 == 0x2C || $0 <= 0x20 }.map { String(decoding: $0, as: UTF8.self) }
  }

  /// The lines, without blanks inside.
  static func lines(_ text: String) -> [String] {
    text.utf8.split { $0 == 0x0A || $0 == 0x0D }
      .map { String(decoding: $0.filter { $0 > 0x20 }, as: UTF8.self) }.filter { !$0.isEmpty }
  }
}

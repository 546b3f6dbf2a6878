// pfSense and OPNsense write rules for the same packet filter (FreeBSD's pf) from configurations with
// the same roots. This folder holds what they have in common; both importers use it.
//
// pf takes the last matching rule, unless a rule is `quick`. That equals a first-match list of all
// quick rules in order, then the others in reverse, then the default (pf.conf(5)). Two tables are
// made: what enters by the clients' interface, and what leaves by the Internet interface; both must
// let a flow pass.

import ImportKit

/// What the two products do differently with the same words.
enum PFDialect: String {
  case pfSense
  case opnSense

  var product: String { self == .pfSense ? "pfSense" : "OPNsense" }

  /// Whether a switch element is on. pfSense asks whether the element exists; OPNsense mostly too,
  /// but writes 0 and 1.
  func isOn(_ element: XMLElement?) -> Bool {
    guard let element else { return false }
    return self == .pfSense || element.text != "0"
  }
}

extension XMLElement {
  /// The text of a child, nil where it is missing or empty.
  func value(_ name: String) -> String? {
    childText(name).flatMap { $0.isEmpty ? nil : $0 }
  }

  /// All descendants along a path of names, through every element of each name.
  func all(_ path: String...) -> [XMLElement] {
    path.reduce([self]) { elements, name in elements.flatMap { Array($0.children(name)) } }
  }
}

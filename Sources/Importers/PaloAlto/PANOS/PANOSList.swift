import ImportKit

/// The `member` elements of a list, and whether the list holds anything else.
struct PANOSList {
  let members: [XMLElement]
  /// The first thing in the list that is not a plain member; what the list means is then open.
  let odd: XMLElement?

  var texts: [String] { members.map(\.text) }

  var isEmpty: Bool { members.isEmpty && odd == nil }

  /// Whether the list sets no limit. A word beside `any` cannot take anything away.
  var isAny: Bool { members.contains { $0.text == "any" } }

  init(_ element: XMLElement?) {
    guard let element else {
      members = []
      odd = nil
      return
    }
    if !element.hasChildren {
      // Single values are written without a list: the service of a translation rule, for one.
      members = element.text.isEmpty ? [] : [element]
      odd = nil
      return
    }
    var members: [XMLElement] = []
    var odd: XMLElement? = element.hasStrayText || !element.text.isEmpty ? element : nil
    for child in element.children {
      if child.name == "member", !child.hasChildren, !child.text.isEmpty {
        members.append(child)
      } else {
        odd = odd ?? child
      }
    }
    self.members = members
    self.odd = odd
  }
}

extension ExportRecord {
  /// A list of members, read whole; a second list of the same name stays unread.
  func list(_ name: String) -> PANOSList { PANOSList(child(name)) }

  /// What a yes/no member says; a value with members of its own stays unread.
  func says(_ name: String) -> Truth {
    text(name).map { PANOSElements.says($0) } ?? (has(name) ? .perhaps : .no)
  }
}

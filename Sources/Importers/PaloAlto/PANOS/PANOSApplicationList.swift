import ImportKit

/// The App-IDs of an application list with its groups opened: these, and perhaps others.
struct PANOSApplicationList {
  /// Whether the list sets no limit.
  var isAny = false
  /// Sorted.
  var names: [String] = []
  /// What the list may hold besides.
  var doubts: [Condition] = []

  /// The first names, for a reader.
  static func shown(_ names: [String]) -> String {
    names.prefix(4).joined(separator: ", ") + (names.count > 4 ? ", …" : "")
  }
}

extension PANOSObjects {
  func applications(_ list: PANOSList, in what: String) -> PANOSApplicationList {
    var result = PANOSApplicationList()
    var names: Set<String> = []
    var pending: [(XMLElement, Int?)] = list.members.map { ($0, nil) }
    if let odd = list.odd { result.doubts.append(self.odd(odd, in: what)) }
    var seen: Set<String> = []
    while let (member, group) = pending.popLast() {
      let name = member.text
      if name == "any" {
        return PANOSApplicationList(isAny: true)
      }
      guard seen.insert(name).inserted else { continue }
      switch look(["application-group", "application-filter"], member, group: group) {
      case .ambiguous(let condition): result.doubts.append(condition)
      case .found(let found) where found.kind == "application-group":
        let record = ExportRecord(found.entry)
        let inner =
          record.has("members")
          ? record.list("members") : PANOSList(members: record.children("member"), odd: nil)
        pending += inner.members.map { ($0, found.place) }
        let text = "application group `\(name)`"
        if let odd = inner.odd { result.doubts.append(self.odd(odd, in: text)) }
        if let left = closing(record, found, ignoring: PANOSMembers.objects) {
          result.doubts.append(left)
        }
      case .found(let found):
        result.doubts.append(
          doubt(
            .application, "application filter `\(name)`, whose members are not in the export",
            line: found.entry.line))
      case .missing:
        // App-IDs are written in small letters; anything else is a group that is not here.
        if find("application", name) == nil, !Self.isApplicationID(name) {
          result.doubts.append(undefined("application", member))
        } else {
          names.insert(name)
          if let odd = places.lazy.compactMap({ $0.oddlyNamed(Self.applicationKinds) }).first {
            result.doubts.append(
              doubt(
                .unresolved,
                "application `\(name)` may be a group or an application of the export that has no "
                  + "readable name", line: odd.line))
          }
        }
      }
    }
    result.names = names.sorted()
    // A group without members would match nothing; nobody can save one, so something is missing.
    if result.names.isEmpty, result.doubts.isEmpty {
      if list.members.isEmpty {
        result.isAny = true
      } else {
        result.doubts.append(undefined("application", list.members[0]))
      }
    }
    return result
  }

  private static let applicationKinds = ["application-group", "application-filter", "application"]

  /// Whether a word can be an App-ID of the vendor.
  private static func isApplicationID(_ name: String) -> Bool {
    !name.isEmpty && !TemplateMarker.isPresent(in: name)
      && name.utf8.allSatisfy {
        $0 >= 0x61 && $0 <= 0x7A || $0 >= 0x30 && $0 <= 0x39 || $0 == 0x2D || $0 == 0x2E
          || $0 == 0x5F
      }
  }

  /// The default ports of an application for TCP: the vendor's, or those that the administrator gave
  /// it; nil where they are not known.
  func defaultPorts(of name: String) -> PortSet? {
    guard let custom = find("application", name) else {
      return PANOSApplications.defaultPorts(of: name)
    }
    guard let list = custom.descend("default", "port").map({ PANOSList($0) }), list.odd == nil,
      !list.members.isEmpty
    else { return nil }
    var ports = PortSet()
    for member in list.members {
      let parts = member.text.split(separator: "/", omittingEmptySubsequences: false)
      guard parts.count == 2 else { return nil }
      if parts[0] == "udp" { continue }
      guard parts[0] == "tcp", let set = PortSet(parsing: String(parts[1])) else { return nil }
      ports = ports.union(set)
    }
    return ports
  }
}

extension PANOSList {
  init(members: [XMLElement], odd: XMLElement?) {
    self.members = members
    self.odd = odd
  }
}

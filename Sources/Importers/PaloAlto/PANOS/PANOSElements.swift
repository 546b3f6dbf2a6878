import ImportKit

/// Element names and small readings that several files share.
enum PANOSElements {
  /// Contents never read: bulk, and places where secrets stand.
  static let pruned: Set<String> = [
    "mgt-config", "reports", "report-group", "email-scheduler", "log-settings", "certificate",
    "ssl-tls-service-profile", "local-user-database", "authentication-profile",
    "authentication-sequence", "certificate-profile", "server-profile", "admin-role",
    "response-page", "global-protect", "user-id-agent", "password-complexity", "botnet",
    "application-status", "phash", "private-key", "public-key", "password", "secret",
    "bind-password", "pre-shared-key", "auth-password", "priv-password", "snmp-community-string",
    "auth-key", "api-key", "passphrase", "authcode", "ike", "ssh", "snmp-setting",
  ]

  /// The `config` element, inside an API response if need be.
  static func config(_ root: XMLElement) -> XMLElement? {
    if root.name == "config" { return root }
    guard root.name == "response" else { return nil }
    return root.descend("result", "config")
  }

  /// Whether a configuration is a Panorama's: it has device groups, or templates and no virtual
  /// system of its own.
  static func isPanorama(_ config: XMLElement) -> Bool {
    let device = config.descend("devices", "entry")
    if device?.child("device-group") != nil { return true }
    return device?.child("vsys") == nil
      && (device?.child("template") != nil || config.child("panorama") != nil)
  }

  /// The texts of `member` elements, in order.
  static func members(_ element: XMLElement?) -> [XMLElement] {
    element.map { Array($0.children("member")) } ?? []
  }

  /// The `entry` children, in order.
  static func entries(_ element: XMLElement?) -> [XMLElement] {
    element.map { Array($0.children("entry")) } ?? []
  }

  /// Whether a text can be the name of an object, zone or group: "letters, numbers, spaces, hyphens,
  /// periods and underscores", template variables with a dollar sign in front. Names of other
  /// scripts, which some releases let through, count as well.
  static func isName(_ text: String) -> Bool {
    !text.isEmpty && !TemplateMarker.isPresent(in: text)
      && !text.utf8.contains { byte in
        byte < 0x20 || "?*{}<>|\"\\".utf8.contains(byte)
      }
  }

  /// Whether a yes/no element says yes: `disabled` = no is common, so presence proves nothing. Letter
  /// case does not count; any other word may mean either.
  static func says(_ element: XMLElement?) -> Truth {
    guard let element, !element.isEmpty else { return .no }
    return element.hasChildren ? .perhaps : says(element.text)
  }

  static func says(_ text: String) -> Truth {
    switch text.lowercased() {
    case "yes": .yes
    case "no", "": .no
    default: .perhaps
    }
  }

  /// Whether two objects have the same value; descriptions, tags and colours do not count.
  static func sameContent(_ first: XMLElement, _ second: XMLElement) -> Bool {
    guard first.text == second.text else { return false }
    let left = first.children.filter { !unimportant.contains($0.name) }
    let right = second.children.filter { !unimportant.contains($0.name) }
    guard left.count == right.count else { return false }
    return zip(left, right).allSatisfy { one, other in
      one.name == other.name && one.attribute("name") == other.attribute("name")
        && sameContent(one, other)
    }
  }

  private static let unimportant: Set<String> = ["description", "tag", "color", "disable-override"]
}

import ImportKit

/// The templates and template stacks of a Panorama: what they say about zones and networks.
struct PanoramaTemplates {
  /// What one firewall is built from, the strongest part first.
  struct Stack {
    let name: String
    /// `devices/entry` elements of the stack itself and its templates.
    let sources: [XMLElement]
    /// `shared` elements of the same.
    let shared: [XMLElement]
    /// Elements with a `variable` section.
    let variables: [XMLElement]
    /// The virtual system whose zones count where a firewall has only one.
    let defaultVsys: String?
    /// Firewalls by serial number, with what they set for themselves.
    let devices: [String: XMLElement]
  }

  private(set) var stacks: [Stack] = []
  private var byDevice: [String: Int] = [:]
  private var byName: [String: Int] = [:]

  init(_ device: XMLElement?) {
    var templates: [String: XMLElement] = [:]
    let entries = PANOSElements.entries(device?.child("template"))
    for entry in entries {
      guard let name = entry.attribute("name"), templates[name] == nil else { continue }
      templates[name] = entry
    }
    // Before 7.0 templates were given to firewalls directly.
    for entry in entries {
      guard let name = entry.attribute("name") else { continue }
      add(Self.stack(name, [entry], devices: entry.child("devices")))
    }
    for entry in PANOSElements.entries(device?.child("template-stack")) {
      guard let name = entry.attribute("name") else { continue }
      let members = PANOSElements.members(entry.child("templates")).compactMap {
        templates[$0.text]
      }
      add(Self.stack(name, [entry] + members, devices: entry.child("devices")))
    }
  }

  private mutating func add(_ stack: Stack) {
    for serial in stack.devices.keys { byDevice[serial] = stacks.count }
    if byName[stack.name] == nil { byName[stack.name] = stacks.count }
    stacks.append(stack)
  }

  private static func stack(
    _ name: String, _ parts: [XMLElement], devices: XMLElement?
  ) -> Stack {
    var members: [String: XMLElement] = [:]
    for entry in PANOSElements.entries(devices) {
      if let serial = entry.attribute("name") { members[serial] = entry }
    }
    return Stack(
      name: name, sources: parts.compactMap { $0.descend("config", "devices", "entry") },
      shared: parts.compactMap { $0.descend("config", "shared") }, variables: parts,
      defaultVsys: parts.lazy.compactMap { $0.descend("settings", "default-vsys")?.text }.first,
      devices: members)
  }

  /// The stack of a firewall.
  func stack(of serial: String) -> Stack? { byDevice[serial].map { stacks[$0] } }

  /// A template or stack by its name, as device groups refer to them.
  func stack(named name: String) -> Stack? { byName[name].map { stacks[$0] } }

  /// The zones and interfaces of a firewall, or of any firewall that uses the stack.
  static func topology(_ stack: Stack, device: PanoramaTree.Device?) -> PANOSTopology {
    let sources = stack.sources.map { source in
      PANOSTopology.Source(
        device: source,
        virtualSystems: virtualSystems(source, device?.vsys ?? stack.defaultVsys))
    }
    // What a firewall sets for itself comes before the stack, that before its templates.
    let own = device.flatMap { stack.devices[$0.serial] }
    let variables = (own.map { [$0] } ?? []) + stack.variables
    return PANOSTopology(sources) { name in value(of: name, in: variables) }
  }

  private static func virtualSystems(_ source: XMLElement, _ name: String?) -> [XMLElement] {
    let all = PANOSElements.entries(source.child("vsys"))
    guard let name else { return all }
    let named = all.filter { $0.attribute("name") == name }
    return named.isEmpty ? all : named
  }

  /// The value of a variable on firewalls that share a policy; nil where they do not agree.
  static func value(
    of name: String, on stacks: [(stack: Stack, device: PanoramaTree.Device?)]
  ) -> String? {
    var values: Set<String?> = []
    for (stack, device) in stacks {
      let own = device.flatMap { stack.devices[$0.serial] }
      values.insert(value(of: name, in: (own.map { [$0] } ?? []) + stack.variables))
    }
    return values.count == 1 ? values.first ?? nil : nil
  }

  /// The value of a variable; nil where none is set, which templates write as `None`.
  private static func value(of name: String, in elements: [XMLElement]) -> String? {
    for element in elements {
      for entry in PANOSElements.entries(element.child("variable"))
      where entry.attribute("name") == name {
        guard let value = entry.child("type")?.children.first(where: { _ in true }) else {
          continue
        }
        return value.text.isEmpty || value.text == "None" ? nil : value.text
      }
    }
    return nil
  }
}

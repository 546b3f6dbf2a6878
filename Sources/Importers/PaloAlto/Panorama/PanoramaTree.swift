import ImportKit

/// The device groups of a Panorama with their parents.
struct PanoramaTree {
  /// A firewall, or one virtual system of it, that takes its policy from a device group.
  struct Device: Hashable {
    let serial: String
    let vsys: String?

    var text: String { vsys.map { "\(serial)/\($0)" } ?? serial }
  }

  struct Group {
    let name: String
    /// The entries of this name: one, unless the file writes the group in parts.
    var elements: [XMLElement]
    var devices: [Device] = []
    var parent: Int?
    /// Why the groups above this one are not known, if they are not.
    var missing: (text: String, line: Int)?
    var hasChildren = false
  }

  private(set) var groups: [Group] = []
  private(set) var notes: [Note] = []

  init(_ config: XMLElement, version: PANOSVersion) {
    var numbers: [String: Int] = [:]
    for device in PANOSElements.entries(config.child("devices")) {
      for container in device.children("device-group") {
        for entry in container.children("entry") {
          let name = entry.attribute("name") ?? ""
          if let number = numbers[name] {
            groups[number].elements.append(entry)
            notes.append(
              Note(
                .reading, "device group `\(name)` is written in two places; both are read as one",
                at: SourcePosition(line: entry.line)))
          } else {
            numbers[name] = groups.count
            groups.append(Group(name: name, elements: [entry]))
          }
        }
      }
    }
    for number in groups.indices {
      groups[number].devices = Self.devices(groups[number].elements)
    }
    readParents(config, numbers: numbers, version: version)
  }

  /// Parents stand in the read-only section; a group without one is a child of `shared`.
  private mutating func readParents(
    _ config: XMLElement, numbers: [String: Int], version: PANOSVersion
  ) {
    let readonly = config.child("readonly").map { $0.children("devices") }
    let containers = readonly?.flatMap { $0.children("entry") } ?? []
    let entries = containers.flatMap { PANOSElements.entries($0.child("device-group")) }
    if entries.isEmpty {
      guard version.hasDeviceGroupParents, groups.count > 1 else { return }
      notes.append(
        Note(
          .completeness,
          "the section `readonly` with the parents of the device groups is missing: "
            + "every group is read as a child of shared; export the whole configuration"))
      return
    }
    // A group without an entry is a child of shared; an entry without a readable name may be anybody's.
    if let odd = entries.first(where: { !PANOSElements.isName($0.attribute("name") ?? "") }) {
      for number in groups.indices {
        groups[number].missing = (
          "the section `readonly` names the parent of a device group that has no readable name",
          odd.line
        )
      }
    }
    for entry in entries {
      guard let name = entry.attribute("name"), let number = numbers[name],
        let parent = entry.child("parent-dg"), !parent.isEmpty
      else { continue }
      guard let parentNumber = numbers[parent.text], !ancestors(parentNumber).contains(number),
        parentNumber != number
      else {
        groups[number].missing = (
          "parent `\(parent.text)` of device group `\(name)` "
            + (numbers[parent.text] == nil ? "is not in the export" : "is one of its children"),
          parent.line
        )
        continue
      }
      groups[number].parent = parentNumber
      groups[parentNumber].hasChildren = true
    }
  }

  private static func devices(_ elements: [XMLElement]) -> [Device] {
    var seen: Set<Device> = []
    var result: [Device] = []
    for element in elements {
      for entry in PANOSElements.entries(element.child("devices")) {
        guard let serial = entry.attribute("name") else { continue }
        let vsys = PANOSElements.entries(entry.child("vsys")).compactMap { $0.attribute("name") }
        let found =
          vsys.isEmpty
          ? [Device(serial: serial, vsys: nil)] : vsys.map { Device(serial: serial, vsys: $0) }
        result += found.filter { seen.insert($0).inserted }
      }
    }
    return result
  }

  /// The serial numbers of all firewalls that take a policy from here.
  var serials: Set<String> { Set(groups.flatMap(\.devices).map(\.serial)) }

  /// Why groups above one are missing, or parts of any group; nil where the tree is whole.
  func missing(above number: Int) -> (text: String, line: Int)? {
    for group in [number] + ancestors(number) {
      if let missing = groups[group].missing { return missing }
    }
    return groups.first { !PANOSElements.isName($0.name) }.map {
      ("device group `\($0.name)` has no readable name", $0.elements[0].line)
    }
  }

  /// The groups above one, the nearest first. INVARIANT: parents never form a circle.
  func ancestors(_ number: Int) -> [Int] {
    var result: [Int] = []
    var next = groups[number].parent
    while let current = next {
      result.append(current)
      next = groups[current].parent
    }
    return result
  }

  /// The groups from which a firewall can take its policy: those at the ends of the tree, and those
  /// further up that hold firewalls themselves.
  var enforceable: [Int] {
    groups.indices.filter { !groups[$0].hasChildren || !groups[$0].devices.isEmpty }
  }
}

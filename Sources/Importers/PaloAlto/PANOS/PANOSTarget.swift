import ImportKit

/// Which firewall a rulebase is read for.
enum PANOSTarget: Hashable {
  case unknown
  /// - Parameter vsys: the virtual system, where the device group names one.
  case device(serial: String, vsys: String?)
}

/// The `target` element of a rule: the firewalls on which a Panorama installs it.
struct PANOSTargetList {
  private var devices: [(serial: String, vsys: [String])] = []
  private var tags: [String] = []
  private let negated: Truth
  private let known: Set<String>

  /// - Parameter known: the serial numbers of all firewalls in the export; a target that is none of
  ///   them may be a firewall under another number.
  init(_ record: ExportRecord, known: Set<String>) {
    self.known = known
    negated = record.says("negate")
    for entry in PANOSElements.entries(record.child("devices")) {
      guard let serial = entry.attribute("name") else { continue }
      let vsys = PANOSElements.entries(entry.child("vsys")).compactMap { $0.attribute("name") }
      devices.append((serial, vsys))
    }
    // Since 10.0 targets may be given by the tags of managed devices, which stand in a part of the
    // configuration that holds passwords and is not read.
    let list = record.list("tags")
    tags = list.texts + (list.odd == nil ? [] : ["(not readable)"])
  }

  func includes(_ target: PANOSTarget) -> Truth {
    if devices.isEmpty && tags.isEmpty { return .yes }
    guard case .device(let serial, let vsys) = target else { return .perhaps }
    let areKnown = devices.allSatisfy { known.contains($0.serial) }
    var listed: Truth = tags.isEmpty && areKnown ? .no : .perhaps
    for device in devices where device.serial == serial {
      if device.vsys.isEmpty {
        listed = .yes
      } else if let vsys {
        listed = listed || Truth(device.vsys.contains(vsys))
      } else {
        listed = listed || .perhaps
      }
    }
    switch negated {
    case .yes: return !listed
    case .no: return listed
    case .perhaps: return .perhaps
    }
  }

  var text: String {
    let serials = devices.map { device in
      device.vsys.isEmpty
        ? device.serial : "\(device.serial) (\(device.vsys.joined(separator: ", ")))"
    }
    let shown = serials.prefix(4) + (serials.count > 4 ? ["…"] : [])
    let all = shown + tags.map { "devices tagged \($0)" }
    return "installed \(negated == .yes ? "on every firewall but" : "only on") "
      + all.joined(separator: ", ")
  }
}

/// Which programs and services carry Defender's traffic.
///
/// Sources: learn.microsoft.com, "Microsoft Defender Antivirus and other programs" and "Microsoft
/// Defender for Endpoint on Windows: processes": the antivirus service (MsMpEng), its network
/// inspection and core services, its command-line tool, the sensor and its helpers; updates come by
/// Windows Update, BITS and Delivery Optimization, certificate lists by the cryptographic services,
/// all inside svchost.
enum WFPrograms {
  private static let programs: Set<String> = [
    "msmpeng.exe", "nissrv.exe", "mpcmdrun.exe", "mpdefendercoreservice.exe", "mpdlpservice.exe",
    "mssense.exe", "sensecncproxy.exe", "senseir.exe", "sensendr.exe", "sensesampleuploader.exe",
    "sensece.exe", "sensetvm.exe", "smartscreen.exe", "svchost.exe", "mousocoreworker.exe",
    "wuauclt.exe", "sihclient.exe", "lsass.exe",
  ]

  private static let services: Set<String> = [
    "windefend", "wdnissvc", "mdcoresvc", "sense", "wuauserv", "bits", "dosvc", "usosvc",
    "cryptsvc",
    "diagtrack", "wscsvc",
  ]

  enum Binding {
    /// For every program.
    case none
    /// For a program or service that carries Defender's traffic, or part of it.
    case part(String)
    /// For something else.
    case foreign(String)
    /// For something that is no name of a program, service or package.
    case unknown(String)
  }

  static func binding(program: String?, service: String?, package: String?) -> Binding {
    if let package, !isAny(package) {
      // A security identifier of an app container, or a family name: a name and the publisher's hash.
      let isPackage = package.hasPrefix("S-1-15-") || isName(package) && package.contains("_")
      return isPackage ? .foreign("the app package \(package)") : .unknown("package `\(package)`")
    }
    if let service, !isAny(service) {
      if services.contains(service.lowercased()) { return .part(service) }
      return isName(service)
        ? .foreign("the service \(service)") : .unknown("service `\(service)`")
    }
    guard let program, !isAny(program) else { return .none }
    let name = String(program.split { $0 == "\\" || $0 == "/" }.last ?? "")
    guard !name.isEmpty else { return .part(program) }
    // A path with a variable in place of its last part may be anything.
    if name.contains("%") || name.contains("*") { return .part(program) }
    if programs.contains(name.lowercased()) { return .part(name) }
    // What a program's file is not called is not a program.
    let isFile = program.lowercased() == "system" || name.contains(".") || program.contains("\\")
    return isFile && !name.contains("{") && !name.contains("?")
      ? .foreign("the program \(name)") : .unknown("program `\(program)`")
  }

  /// Letters, digits and what names of services and packages hold besides.
  private static func isName(_ text: String) -> Bool {
    !text.isEmpty
      && text.utf8.allSatisfy { byte in
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x20, 0x24, 0x2D, 0x2E, 0x5F, 0x7E: true
        default: false
        }
      }
  }

  private static func isAny(_ text: String) -> Bool {
    ["", "any", "*", "all"].contains(text.lowercased())
  }
}

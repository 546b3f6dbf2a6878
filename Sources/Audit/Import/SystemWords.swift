import Foundation

/// Words for a failed file operation; Foundation's own say only that the operation could not be
/// completed.
package enum SystemWords {
  package static func describe(_ error: any Error) -> String {
    let error = error as NSError
    if let cause = error.userInfo[NSUnderlyingErrorKey] as? NSError { return describe(cause) }
    if error.domain == NSPOSIXErrorDomain { return words(Int32(error.code)) }
    switch CocoaError.Code(rawValue: error.code) {
    case .fileNoSuchFile, .fileReadNoSuchFile: return "no such file or folder"
    case .fileReadNoPermission, .fileWriteNoPermission: return "not permitted"
    case .fileWriteFileExists: return "there is a file of that name already"
    case .fileWriteOutOfSpace: return "no space left"
    case .fileWriteVolumeReadOnly: return "the medium cannot be written"
    default: return "the system refuses (\(error.domain) \(error.code))"
    }
  }

  /// - Parameter code: of `errno`.
  package static func words(_ code: Int32) -> String { String(cString: strerror(code)) }
}

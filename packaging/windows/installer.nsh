; What Windows wants of a program that opens tel:, sip:, sips: and callto: links: a class of its own, its capabilities, and
; a place among the registered applications. Windows then offers it under "Default apps"; it never takes a link by itself.
; https://learn.microsoft.com/windows/win32/shell/default-programs

!macro ringsideLinks SCHEME
  WriteRegStr SHCTX "Software\Ringside\Capabilities\URLAssociations" "${SCHEME}" "Ringside.Link"
!macroend

!macro customInstall
  WriteRegStr SHCTX "Software\Classes\Ringside.Link" "" "Call with Ringside"
  WriteRegStr SHCTX "Software\Classes\Ringside.Link" "URL Protocol" ""
  WriteRegStr SHCTX "Software\Classes\Ringside.Link\DefaultIcon" "" "$INSTDIR\Ringside.exe,0"
  WriteRegStr SHCTX "Software\Classes\Ringside.Link\shell\open\command" "" '"$INSTDIR\Ringside.exe" "%1"'
  WriteRegStr SHCTX "Software\Ringside\Capabilities" "ApplicationName" "Ringside"
  WriteRegStr SHCTX "Software\Ringside\Capabilities" "ApplicationDescription" "Desktop softphone companion for the Kommo CRM"
  !insertmacro ringsideLinks "tel"
  !insertmacro ringsideLinks "sip"
  !insertmacro ringsideLinks "sips"
  !insertmacro ringsideLinks "callto"
  WriteRegStr SHCTX "Software\RegisteredApplications" "Ringside" "Software\Ringside\Capabilities"
  ; At login, in the tray. Only by the first installation: whoever switched it off in Windows' settings meant it.
  ${ifNot} ${isUpdated}
    WriteRegStr HKCU "Software\Microsoft\Windows\CurrentVersion\Run" "Ringside" '"$INSTDIR\Ringside.exe" --hidden'
  ${endIf}
!macroend

!macro customUnInstall
  ${ifNot} ${isUpdated}
    DeleteRegValue HKCU "Software\Microsoft\Windows\CurrentVersion\Run" "Ringside"
    DeleteRegValue SHCTX "Software\RegisteredApplications" "Ringside"
    DeleteRegKey SHCTX "Software\Ringside"
    DeleteRegKey SHCTX "Software\Classes\Ringside.Link"
  ${endIf}
!macroend

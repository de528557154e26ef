// The end of a block in blocksAVX2 and blocksAVX512, whose registers it shares: AX
// are its quotes, BX its brackets. The block is followed by the next one.

	// CX: an even number of quotes is outside, so the sum of the bits up to
	// each place (a product without carries) is the inside of strings.
	VMOVQ      AX, X6
	VPCLMULQDQ $0, X7, X6, X6
	VMOVQ      X6, CX
	XORQ       R10, CX
	MOVQ       CX, R10
	SARQ       $63, R10
	ANDNQ      BX, CX, BX
	MOVQ       AX, (DI)(DX*8)
	MOVB       $0, (R11)(DX*1)

next:
	// BX: brackets. A block seldom has more than four, and how many is hard to
	// foresee: four places are written always, and as many kept as there are.
	POPCNTQ BX, CX
	TZCNTQ  BX, AX
	BLSRQ   BX, BX
	ADDL    R8, AX
	MOVL    AX, (R13)
	TZCNTQ  BX, AX
	BLSRQ   BX, BX
	ADDL    R8, AX
	MOVL    AX, 4(R13)
	TZCNTQ  BX, AX
	BLSRQ   BX, BX
	ADDL    R8, AX
	MOVL    AX, 8(R13)
	TZCNTQ  BX, AX
	ADDL    R8, AX
	MOVL    AX, 12(R13)
	BLSRQ   BX, BX
	LEAQ    (R13)(CX*4), R13
	JNZ     more

counted:
	ADDQ $64, R8
	INCQ DX
	JNZ  block

done:
	MOVQ c+16(FP), R8
	MOVQ R9, 0(R8)
	MOVQ R10, 8(R8)
	MOVQ places+48(FP), AX
	SUBQ AX, R13
	SHRQ $2, R13
	MOVQ R13, ret+64(FP)
	VZEROUPPER
	RET

more:
	// CX: how many places are left, below 0.
	NEGQ CX
	ADDQ $4, CX

rest:
	TZCNTQ BX, AX
	BLSRQ  BX, BX
	ADDL   R8, AX
	MOVL   AX, (R13)(CX*4)
	INCQ   CX
	JNZ    rest
	JMP    counted
